"""First what was added, then everything at a lower rate."""

from pydantic import Field

from studio.core.recipes.common import Training
from studio.core.recipes.recipe import Recipe


class WarmUp(Training):
    """Two phases."""

    warm_up_epochs: int = Field(5, ge=1, le=10_000, title="Warm-up epochs", description="that train what was added")
    warm_up_rate: float = Field(1e-2, ge=1e-8, le=10, title="Warm-up rate", description="learning rate of these")
    epochs: int = Field(15, ge=1, le=10_000, title="Epochs", description="that train the whole network after them")
    learning_rate: float = Field(5e-3, ge=1e-8, le=10, title="Learning rate", description="of these, at its peak")


RECIPE = Recipe(
    "warm-up",
    "Warm-up, then fine-tune",
    "Freeze, train what was added, unfreeze, fine-tune all at a lower rate: the best scores where there are a few "
    "hundred crops and more.",
    WarmUp,
    "studio.ml.recipes.networks:warm_up",
)
