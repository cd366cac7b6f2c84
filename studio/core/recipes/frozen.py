"""A new classifier, trained with augmentation through the frozen network."""

from pydantic import Field

from studio.core.recipes.common import Training
from studio.core.recipes.recipe import Recipe


class Frozen(Training):
    """One phase: what was added."""

    epochs: int = Field(20, ge=1, le=10_000, title="Epochs", description="times through all crops")
    learning_rate: float = Field(1e-2, ge=1e-8, le=10, title="Learning rate", description="at its peak")


RECIPE = Recipe(
    "frozen",
    "Frozen base",
    "A new classifier is trained with augmentation through the whole network, whose layers stay as they are.",
    Frozen,
    "studio.ml.recipes.networks:frozen",
)
