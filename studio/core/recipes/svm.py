"""A support vector machine on frozen features."""

from typing import Literal

from pydantic import Field

from studio.core.recipes.common import Splits
from studio.core.recipes.recipe import Recipe


class Svm(Splits):
    """Of the SVM head that the window fits by itself."""

    kernel: Literal["rbf", "linear"] = Field("rbf", title="Kernel", description="how two embeddings are compared")


RECIPE = Recipe(
    "svm",
    "SVM head",
    "A support vector machine on the backbone's features, fitted within seconds: right for tens to hundreds of crops.",
    Svm,
    "studio.ml.recipes.svm:train",
)
