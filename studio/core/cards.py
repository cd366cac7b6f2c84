"""The card that lies beside every file of weights: what it is, where it comes from, how to feed it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from studio.core.errors import InputError
from studio.core.files import MOST_CARD_BYTES


class Card(BaseModel):
    """What every card has, of a backbone as of a head; keys it does not know are kept."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str = Field(min_length=1)
    architecture: str = Field(min_length=1)
    licence: str
    source: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    training: str | dict[str, Any] = ""
    scores: dict[str, Any] = Field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the card as JSON, whole or not at all."""
        partial = path.with_name(path.name + ".partial")
        partial.write_text(self.model_dump_json(indent=2, exclude_none=True) + "\n", encoding="utf-8")
        partial.replace(path)


class BackboneCard(Card):
    """The card of a backbone.

    Attributes:
        architecture: a torchvision classification network, or `onnx` for a graph that OpenCV runs.
        input_size: side of the square crops it embeds, in pixels.
        mean: what is subtracted from each channel (RGB, 0…1).
        std: by what each channel is divided afterwards.
        classes: outputs of the classifier the weights were trained with.
        class_names: what these stand for, in their order; None where nobody said.
        map_layer: the layer whose output are the dense feature maps; found by a trial run where it is not given.
        file: name of the weights beside the card.
        output: ONNX only: the output of the graph that holds the features; its last one where it is not given.
    """

    input_size: int = Field(ge=8, le=4096)
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    classes: int = Field(1000, ge=1)
    class_names: tuple[str, ...] | None = None
    map_layer: str | None = None
    output: str | None = None
    file: str = Field("weights.safetensors", pattern=r"^\w[\w.-]*$")

    @model_validator(mode="after")
    def _names_all_classes(self) -> Self:
        if self.class_names is not None and len(self.class_names) != self.classes:
            raise ValueError(f"class_names has {len(self.class_names)} names for {self.classes} classes")
        return self


AnyCard = TypeVar("AnyCard", bound=Card)


def read_card(path: Path, kind: type[AnyCard]) -> AnyCard:
    """Read and validate a card.

    Raises:
        InputError: the file is missing, far too large, is no JSON, or lacks or mistypes a field.
    """
    try:
        if path.stat().st_size > MOST_CARD_BYTES:
            raise InputError(f"{path} is too large for a card")
        return kind.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"there is no card {path}; weights come with a card.json beside them") from None
    except UnicodeDecodeError:
        raise InputError(f"the card {path} is not text") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"the card {path} is not valid: {where + ': ' if where else ''}{first['msg']}") from None
