"""The label whose mean feature is nearest."""

from studio.core.recipes.common import Data
from studio.core.recipes.recipe import Recipe

RECIPE = Recipe(
    "nearest-mean",
    "Nearest mean",
    "Each label is the mean of its crops' features: works from a few crops a label, and a new label needs no training.",
    Data,
    "studio.ml.recipes.shallow:nearest_mean",
)
