"""The table of recipes, and forms and checks from their parameters."""

from __future__ import annotations

import pytest

from studio.core.errors import InputError
from studio.core.plugins import recipes
from studio.core.recipes.recipe import Recipe, form_fields

ALL: list[Recipe] = [entry.load() for entry in recipes]


@pytest.mark.parametrize("recipe", ALL, ids=lambda recipe: recipe.name)
def test_a_line_of_the_table_says_what_its_file_says(recipe: Recipe) -> None:
    entry = recipes[recipe.name]
    assert (entry.name, entry.title) == (recipe.name, recipe.title)
    assert recipe.says.endswith(".")


@pytest.mark.parametrize("recipe", ALL, ids=lambda recipe: recipe.name)
def test_a_form_has_every_parameter_once_and_its_defaults_are_allowed(recipe: Recipe) -> None:
    fields = form_fields(recipe.parameters)
    assert sorted(field.name for field in fields) == sorted(recipe.parameters.model_fields)
    shipped = recipe.read({field.name: field.default for field in fields})
    assert shipped == recipe.read({})
    for field in fields:
        assert field.title and field.says
        assert (field.kind == "choice") == bool(field.choices)
        if field.kind in ("whole", "number"):
            assert field.least is not None and field.most is not None and field.least <= field.default <= field.most


def test_what_is_a_recipes_own_comes_first() -> None:
    names = [field.name for field in form_fields(recipes["fine-tune-top"].load().parameters)]
    assert names[0] == "stages" and names[-1] == "seed"
    own = [field.own for field in form_fields(recipes["fine-tune-top"].load().parameters)]
    assert own == sorted(own, reverse=True)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"epochs": 0}, r"epochs of the recipe warm-up: .*greater than or equal to 1, not 0"),
        ({"epochs": "many"}, r"epochs of the recipe warm-up: .*integer.*'many'"),
        ({"learning_rate": float("nan")}, r"learning_rate of the recipe warm-up: "),
        ({"optimizer": "best"}, r"'sgd' or 'adamw', not 'best'"),
        ({"colour": "red"}, r"no parameter 'colour'; there are: warm_up_epochs, "),
    ],
)
def test_what_cannot_be_is_said_in_one_line(values: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says) as raised:
        recipes["warm-up"].load().read(values)
    assert "\n" not in str(raised.value)


def test_words_from_a_command_line_become_numbers() -> None:
    read = recipes["warm-up"].load().read({"epochs": "3", "learning_rate": "1e-2", "augmented": "false"})
    assert (read.epochs, read.learning_rate, read.augmented) == (3, 0.01, False)
