"""Logistic regression on frozen features."""

from pydantic import Field

from studio.core.recipes.common import Balanced
from studio.core.recipes.recipe import Recipe


class Logistic(Balanced):
    """Multinomial logistic regression."""

    strength: float = Field(
        3.0, ge=1e-6, le=1e6, title="C", description="inverse of the regularisation: larger fits closer"
    )


RECIPE = Recipe(
    "logistic",
    "Logistic regression",
    "One linear layer on the backbone's features with probabilities over all labels; fast, hard to overfit.",
    Logistic,
    "studio.ml.recipes.shallow:logistic",
)
