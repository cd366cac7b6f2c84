"""New dense layers on features that are computed once."""

from typing import Literal

from pydantic import Field

from studio.core.recipes.common import Balanced
from studio.core.recipes.recipe import Recipe


class FastTransfer(Balanced):
    """A small network on frozen features."""

    features: Literal["pooled", "flattened"] = Field(
        "pooled", title="Features", description="the network's pooled output, or its last map in 2 × 2 parts"
    )
    units: int = Field(128, ge=1, le=8192, title="Units", description="of the dense layer, with ReLU")
    dropout: float = Field(0.5, ge=0, le=0.95, title="Dropout", description="share of them left out while training")
    epochs: int = Field(50, ge=1, le=10_000, title="Epochs", description="times through all crops")
    learning_rate: float = Field(1e-3, ge=1e-8, le=10, title="Learning rate", description="of Adam")


RECIPE = Recipe(
    "fast-transfer",
    "Fast transfer",
    "Features once through the frozen network, then new dense layers trained on them: seconds, without augmentation.",
    FastTransfer,
    "studio.ml.recipes.shallow:fast_transfer",
)
