"""Pretrained networks whose features are reused."""

from studio.ml.backbones.base import Backbone
from studio.ml.backbones.loading import load_backbone

__all__ = ["Backbone", "load_backbone"]
