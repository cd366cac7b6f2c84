"""The video panel."""

from __future__ import annotations

from studio.views.video.view import VideoView

__all__ = ["VideoView"]
