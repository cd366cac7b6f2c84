"""Metric learning: an embedding in which things of one kind are near."""

from typing import Literal

from pydantic import Field

from studio.core.recipes.common import Data
from studio.core.recipes.recipe import Recipe


class Embedding(Data):
    """An embedding trained on triplets or pairs."""

    loss: Literal["triplet", "pairwise"] = Field(
        "triplet", title="Loss", description="semi-hard triplets of a batch, or the logistic loss of pairs"
    )
    size: int = Field(64, ge=2, le=2048, title="Size", description="numbers of an embedding")
    margin: float = Field(0.2, ge=0, le=2, title="Margin", description="by which others must be farther")
    labels_a_batch: int = Field(8, ge=2, le=256, title="Labels a batch", description="labels in a batch")
    crops_a_label: int = Field(8, ge=2, le=256, title="Crops a label", description="crops of each of them")
    fine_tune: bool = Field(True, title="Fine-tune", description="train the network too, not only the last layer")
    epochs: int = Field(20, ge=1, le=10_000, title="Epochs", description="times through all crops")
    learning_rate: float = Field(1e-4, ge=1e-8, le=10, title="Learning rate", description="of AdamW, at its peak")
    augmented: bool = Field(
        True, title="Augmentation", description="vary the crops as the Augmentation part of the gallery says"
    )


RECIPE = Recipe(
    "embedding",
    "Embedding",
    "Things of one kind come near each other, others far: verifies pairs, and recognises new individuals without "
    "training again.",
    Embedding,
    "studio.ml.recipes.embedding:train",
)
