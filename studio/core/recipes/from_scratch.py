"""A network that knows nothing yet."""

from pydantic import Field

from studio.core.recipes.common import Training
from studio.core.recipes.recipe import Recipe


class FromScratch(Training):
    """One phase, all of a network with random weights."""

    architecture: str = Field(
        "small-cnn", title="Network", description="lenet5, tiny-cnn, small-cnn, or any of torchvision's by name"
    )
    input_size: int = Field(
        0, ge=0, le=1024, title="Input side", description="pixels; 0: what the network was made for"
    )
    epochs: int = Field(60, ge=1, le=10_000, title="Epochs", description="times through all crops")
    learning_rate: float = Field(0.05, ge=1e-8, le=10, title="Learning rate", description="at its peak")


RECIPE = Recipe(
    "from-scratch",
    "From scratch",
    "A network with random weights learns from your crops alone: the yardstick that shows what transfer is worth.",
    FromScratch,
    "studio.ml.recipes.networks:from_scratch",
    backbone=False,
)
