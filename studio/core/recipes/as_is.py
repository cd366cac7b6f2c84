"""The pretrained network, applied to new data as it is."""

from studio.core.recipes.recipe import Parameters, Recipe

RECIPE = Recipe(
    "as-is",
    "As it is",
    "Nothing is trained: the network says which of its own classes it sees, the five likeliest first. A good first "
    "look at what it knows of your pictures.",
    Parameters,
    "studio.ml.recipes.as_is:train",
)
