"""As warm-up, but only the last stages unfreeze."""

from pydantic import Field

from studio.core.recipes.recipe import Recipe
from studio.core.recipes.warm_up import WarmUp


class FineTuneTop(WarmUp):
    """Two phases; the second trains the last stages alone."""

    stages: int = Field(1, ge=1, le=100, title="Stages", description="that unfreeze, counted from the last")


RECIPE = Recipe(
    "fine-tune-top",
    "Fine-tune the top",
    "As warm-up, but only the last stages unfreeze: what the first layers know stays, and fewer crops are enough.",
    FineTuneTop,
    "studio.ml.recipes.networks:fine_tune_top",
)
