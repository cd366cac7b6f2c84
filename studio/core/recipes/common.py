"""Parameters that several recipes share."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from studio.core.recipes.recipe import Parameters


class Splits(Parameters):
    """What is learned from and what it is judged by."""

    allow_leaks: bool = Field(
        False, title="Allow leaks", description="train although splits show the same; the scores will flatter"
    )


class Data(Splits):
    """What is learned from."""

    whole_images: bool = Field(
        False, title="Whole images", description="learn from whole frames with one label, not from regions"
    )


class Balanced(Data):
    """What is learned from, where labels may count differently."""

    balance: Literal["weights", "sampling", "none"] = Field(
        "weights", title="Rare labels", description="weigh them more, draw them more often, or leave them as they are"
    )


class Training(Balanced):
    """How a network is trained."""

    batch: int = Field(64, ge=1, le=4096, title="Batch", description="crops at once")
    optimizer: Literal["sgd", "adamw"] = Field(
        "sgd", title="Optimizer", description="SGD with Nesterov momentum, or AdamW"
    )
    weight_decay: float = Field(1e-4, ge=0, le=1, title="Weight decay", description="not on norms and biases")
    label_smoothing: float = Field(0.1, ge=0, le=0.5, title="Label smoothing", description="share given to all labels")
    augmented: bool = Field(
        True, title="Augmentation", description="vary the crops as the Augmentation part of the gallery says"
    )
    patience: int = Field(
        0, ge=0, le=1000, title="Patience", description="epochs without a better validation until it stops; 0: none"
    )
    mixed_precision: bool = Field(
        True, title="Mixed precision", description="fewer bits where the processor or GPU is faster with them"
    )
