"""`studio recipes`: the ways of training, and what can be set of each."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from studio.cli.manners import JsonFlag, print_json
from studio.cli.recipe_options import option_of, range_of
from studio.core.plugins import recipes as table
from studio.core.recipes.recipe import FormField, Recipe, form_fields


def recipes(
    name: Annotated[str | None, typer.Argument(help="One of them; without it: all.")] = None,
    json: JsonFlag = False,
) -> None:
    """The ways of training, when each is the right one, and its parameters."""
    chosen: list[Recipe] = [table[name].load()] if name else [entry.load() for entry in table]
    if json:
        print_json([_document(recipe) for recipe in chosen])
        return
    for recipe in chosen:
        print(f"{recipe.name}: {recipe.says}")
        for field in form_fields(recipe.parameters) if name else ():
            says = ", ".join(filter(None, (range_of(field), f"{_shown(field)} by itself")))
            print(f"  {option_of(field)}: {field.says} ({says})")


def _document(recipe: Recipe) -> dict[str, Any]:
    fields = [
        {
            "name": field.name,
            "option": option_of(field),
            "title": field.title,
            "says": field.says,
            "kind": field.kind,
            "default": field.default,
            "least": field.least,
            "most": field.most,
            "choices": list(field.choices),
        }
        for field in form_fields(recipe.parameters)
    ]
    return {
        "name": recipe.name,
        "title": recipe.title,
        "says": recipe.says,
        "backbone": recipe.backbone,
        "parameters": fields,
    }


def _shown(field: FormField) -> str:
    if field.kind == "switch":
        return "yes" if field.default else "no"
    return f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
