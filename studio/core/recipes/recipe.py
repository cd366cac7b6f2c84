"""What a recipe is: a name, a few words, its parameters, and the function that trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from studio.core.errors import InputError


class Parameters(BaseModel):
    """The parameters that every recipe has; each recipe adds its own.

    Raises:
        pydantic.ValidationError: a value out of its range, or an unknown name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    seed: int = Field(0, ge=0, le=2**31 - 1, title="Seed", description="the same seed trains the same on this machine")


@dataclass(frozen=True)
class Recipe:
    """A way of training.

    Attributes:
        name: on the command line and in the run's record.
        title: in the window.
        says: what it does and when it is the right one, in a sentence or two.
        parameters: the model that its form, its options and its checks come from.
        target: "package.module:function" that trains, see `studio.ml.recipes.task`.
        backbone: whether it stands on a backbone; else it brings a network of its own.
    """

    name: str
    title: str
    says: str
    parameters: type[Parameters]
    target: str
    backbone: bool = True

    def read(self, values: Mapping[str, Any]) -> Parameters:
        """Parameters from what a user said; what is not said is as shipped.

        Raises:
            InputError: an unknown name, or a value of another kind or out of its range; says what may be.
        """
        try:
            return self.parameters.model_validate(dict(values))
        except ValidationError as error:
            raise InputError(_first(error, self)) from None


class FormField(NamedTuple):
    """A parameter, for a form or an option of the command line.

    Attributes:
        name: of the parameter.
        title, says: for people.
        kind: "whole", "number", "choice", "switch" or "text".
        default: as shipped.
        own: whether it is of this recipe and its like, rather than of all that train on the same data.
        least, most: of numbers; None where nothing bounds them.
        choices: of a choice.
    """

    name: str
    title: str
    says: str
    kind: Literal["whole", "number", "choice", "switch", "text"]
    default: Any
    own: bool
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()


def form_fields(parameters: type[Parameters]) -> list[FormField]:
    """The parameters in the order of a form: what is the recipe's own first, what all have last."""
    fields: list[FormField] = []
    for kind in parameters.__mro__:
        if issubclass(kind, Parameters):
            declared = [name for name in kind.__annotations__ if name in parameters.model_fields]
            own = kind.__module__ not in (Parameters.__module__, "studio.core.recipes.common")
            fields += [_form_field(name, parameters.model_fields[name], own) for name in declared]
    return fields


def _form_field(name: str, info: FieldInfo, own: bool) -> FormField:
    title, says = info.title or name, info.description or ""
    if info.annotation in (bool, str):
        return FormField(name, title, says, "switch" if info.annotation is bool else "text", info.default, own)
    if info.annotation in (int, float):
        least, most = (_bound(info, key) for key in ("ge", "le"))
        kind: Literal["whole", "number"] = "whole" if info.annotation is int else "number"
        return FormField(name, title, says, kind, info.default, own, least, most)
    choices = tuple(str(value) for value in getattr(info.annotation, "__args__", ()))
    return FormField(name, title, says, "choice", info.default, own, choices=choices)


def _bound(info: FieldInfo, key: str) -> float | None:
    return next((float(getattr(rule, key)) for rule in info.metadata if hasattr(rule, key)), None)


def _first(error: ValidationError, recipe: Recipe) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        known = ", ".join(field.name for field in form_fields(recipe.parameters))
        return f"the recipe {recipe.name} has no parameter {name!r}; there are: {known}"
    return f"{name} of the recipe {recipe.name}: {first['msg'][:1].lower()}{first['msg'][1:]}, not {first['input']!r}"
