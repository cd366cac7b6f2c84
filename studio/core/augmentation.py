"""How training crops are varied: a model with a range for each way, kept in the project's folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.project.folders import AUGMENTATION

_MOST_BYTES = 1 << 16


def _up_to(most: float, title: str, says: str) -> Any:  # noqa: ANN401 - what pydantic's fields are
    return Field(ge=0, le=most, title=title, description=says)


class Augmentation(BaseModel):
    """How much each way may change a crop; 0 leaves it as it is. Amounts are drawn evenly between − and + of a range.

    Raises:
        pydantic.ValidationError: a number out of its range, or an unknown name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mirror: Annotated[float, _up_to(1, "Mirror", "share of crops that are mirrored")] = 0.5
    scale: Annotated[float, _up_to(0.5, "Scale", "larger or smaller by this share")] = 0.2
    shift: Annotated[float, _up_to(0.3, "Shift", "moved by this share of its side")] = 0.08
    rotation: Annotated[float, _up_to(180, "Rotation", "turned by degrees")] = 8.0
    brightness: Annotated[float, _up_to(0.8, "Brightness", "brighter or darker")] = 0.2
    contrast: Annotated[float, _up_to(0.8, "Contrast", "more or less contrast")] = 0.2
    colour: Annotated[float, _up_to(1, "Colour", "stronger or weaker colours")] = 0.2
    hue: Annotated[float, _up_to(0.5, "Hue", "colours turned by this share of them")] = 0.02
    blur: Annotated[float, _up_to(0.1, "Blur", "up to this share of its side")] = 0.0
    noise: Annotated[float, _up_to(0.3, "Noise", "up to this share of white")] = 0.0
    cutout: Annotated[float, _up_to(0.7, "Cutout", "side of a square that is hidden")] = 0.0

    @classmethod
    def none(cls) -> Augmentation:
        """Everything stays as it is."""
        return cls(**dict.fromkeys(cls.model_fields, 0.0))


class AugmentationField(NamedTuple):
    """A number of the model, for a form: its name, title, what it says, the largest value and the shipped one."""

    name: str
    title: str
    says: str
    most: float
    default: float


def augmentation_fields() -> list[AugmentationField]:
    """The model's numbers in their order; each begins at 0."""
    found = Augmentation.model_json_schema()["properties"]
    return [
        AugmentationField(name, said["title"], said["description"], float(said["maximum"]), float(said["default"]))
        for name, said in found.items()
    ]


def read_augmentation(folder: Path) -> Augmentation:
    """That of the project in `folder`; the shipped one where none was saved.

    Raises:
        InputError: the file was damaged.
    """
    path = folder / AUGMENTATION
    if not path.exists():
        return Augmentation()
    try:
        if path.is_symlink() or path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path} is no file of this program; remove it")
        return Augmentation.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        raise InputError(f"{path} is no augmentation, or is damaged; remove it to have the usual one") from None


def save_augmentation(project: Project, augmentation: Augmentation) -> None:
    """Keep it with the project, whole or not at all; a choice, no edit: it is not in the history.

    Raises:
        InputError: the project is open for reading only.
    """
    path = project.folder / AUGMENTATION
    partial = path.with_suffix(".partial")
    with project.writing():  # nothing is written there, but a project that is open for reading says so
        partial.write_text(json.dumps(augmentation.model_dump(), indent=2), encoding="utf-8")
        partial.replace(path)
