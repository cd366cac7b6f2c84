"""Options of the command line that are made from the parameters of a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studio.core.errors import InputError
from studio.core.recipes.recipe import FormField, Recipe, form_fields


def option_of(field: FormField) -> str:
    """What a parameter is called on the command line: `--learning-rate`, of a switch `--augmented/--no-augmented`."""
    name = f"--{_hyphened(field.name)}"
    return f"{name}/--no-{_hyphened(field.name)}" if field.kind == "switch" else name


def split_words(words: Sequence[str], recipe: Recipe) -> tuple[list[str], dict[str, Any]]:
    """Tell what is no option from the parameters among words of the command line.

    Args:
        words: as typed, such as `PROJECT`, `--epochs`, `5`, `--augmented`, `--batch=32`.
        recipe: whose options they are.

    Returns:
        The other words in their order, and values by the parameter's name; numbers are still text.

    Raises:
        InputError: an option that the recipe does not have, or one without its value; says which there are.
    """
    fields = {_hyphened(field.name): field for field in form_fields(recipe.parameters)}
    others: list[str] = []
    values: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            others.append(word)
            continue
        name, equals, value = word.removeprefix("--").partition("=")
        off = fields.get(name.removeprefix("no-")) if name not in fields else None
        field = fields.get(name) or (off if off and off.kind == "switch" else None)
        if field is None:
            known = ", ".join(map(option_of, fields.values()))
            raise InputError(f"the recipe {recipe.name} has no option {word.partition('=')[0]}; there are: {known}")
        if field.kind == "switch":
            if equals:
                raise InputError(f"--{name} takes no value; say {option_of(field)}")
            values[field.name] = off is None
        else:
            values[field.name] = value if equals else next(rest, None)
            if values[field.name] is None:
                raise InputError(f"--{name} needs a value")
    return others, values


def range_of(field: FormField) -> str:
    """What a parameter may be, for people: "1…4096", "weights, sampling or none"."""
    if field.kind == "choice":
        return f"{', '.join(field.choices[:-1])} or {field.choices[-1]}"
    if field.kind == "switch":
        return "yes or no"
    if field.least is None or field.most is None:
        return ""
    return f"{field.least:g}…{field.most:g}"


def _hyphened(name: str) -> str:
    return name.replace("_", "-")
