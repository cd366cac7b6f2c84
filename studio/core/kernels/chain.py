"""A chain of steps on a picture, and its file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from studio.core.errors import InputError
from studio.core.kernels.kernel import Kernel, Number
from studio.core.paths import RESOURCES

MOST_MAPS, MOST_KERNELS = 64, 16  # of the chain, of a step
MOST_BYTES = 1 << 20  # of a file
SHIPPED = RESOURCES / "kernels"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Convolve(_Part):
    """Each kernel over each map: scale · Σ patch × kernel + bias.

    The kernel is not turned: strictly this is the correlation, as OpenCV's filter2D and every network compute it.

    Attributes:
        kernels: side by side; each gives maps of its own, those of the first kernel first.
        sum_maps: a kernel is laid over all maps and what it gives is added up: one map for each kernel.
        scale: of the sum.
        bias: is added last, in the units of the values.
        stride: every so-many-th pixel of both directions is kept, from the first.
        padding: what lies beyond the border: "reflect" the picture mirrored without the border itself, as OpenCV has
            it by itself; "zero"; "none" nothing, the map is smaller.
    """

    step: Literal["convolve"] = "convolve"
    kernels: tuple[Kernel, ...] = Field(min_length=1, max_length=MOST_KERNELS)
    sum_maps: bool = False
    scale: Number = 1.0
    bias: Number = 0.0
    stride: int = Field(default=1, ge=1, le=16)
    padding: Literal["reflect", "zero", "none"] = "reflect"

    def maps(self, before: int) -> int:
        return len(self.kernels) * (1 if self.sum_maps else before)


class Relu(_Part):
    """max(0, value)."""

    step: Literal["relu"] = "relu"

    def maps(self, before: int) -> int:
        return before


class Clip(_Part):
    """Values below `low` become `low`, those above `high` become `high`."""

    step: Literal["clip"] = "clip"
    low: Number = 0.0
    high: Number = 1.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self

    def maps(self, before: int) -> int:
        return before


class Pool(_Part):
    """The largest value, or the average, of each square of `size` pixels; what does not fill one is left out.

    Attributes:
        kind: "max" or "average".
        size: side of the squares.
        stride: from one square to the next; as the size where it is not given.
    """

    step: Literal["pool"] = "pool"
    kind: Literal["max", "average"] = "max"
    size: int = Field(default=2, ge=2, le=32)
    stride: int | None = Field(default=None, ge=1, le=32)

    def maps(self, before: int) -> int:
        return before


Step = Annotated[Convolve | Relu | Clip | Pool, Field(discriminator="step")]


class Chain(_Part):
    """Steps, one on what the one before gave.

    Attributes:
        color: "rgb": every channel for itself; "grey": on the picture in grey.
        arithmetic: "saturating": values are whole, 0…255, after every step, as 8-bit pictures are; "float": the picture
            is scaled to 0…1, and nothing is rounded or cut off but by the steps themselves.
        steps: in their order.
    """

    color: Literal["rgb", "grey"] = "rgb"
    arithmetic: Literal["saturating", "float"] = "saturating"
    steps: tuple[Step, ...] = Field(min_length=1, max_length=32)

    @model_validator(mode="after")
    def _not_too_many(self) -> Self:
        count = 1
        for step in self.steps:
            count = step.maps(count)
            if count > MOST_MAPS:
                raise ValueError(f"the steps make more than {MOST_MAPS} maps; add some up (sum_maps)")
        return self

    @property
    def saturating(self) -> bool:
        return self.arithmetic == "saturating"

    def with_first(self, step: Step) -> Chain:
        """With `step` before all others.

        Raises:
            InputError: then they make too many maps, or are too many.
        """
        return self.with_steps((step, *self.steps))

    def with_steps(self, steps: tuple[Step, ...]) -> Chain:
        """With these steps instead.

        Raises:
            InputError: they make too many maps, or are none or too many.
        """
        try:
            return Chain(color=self.color, arithmetic=self.arithmetic, steps=steps)
        except ValidationError as error:
            raise InputError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None


def read_chain(path: Path) -> Chain:
    """Read and validate a file of steps (JSON).

    Raises:
        InputError: it cannot be read, is too large, is no JSON, or a step is not valid; says which.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path} is too large for a file of steps")
        return Chain.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"there is no file {path}; shipped steps: {', '.join(shipped())}") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not text; steps are a JSON file") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise InputError(f"the steps in {path} are not valid: {where + ': ' if where else ''}{said}") from None


def chain_text(chain: Chain) -> str:
    """The chain as its file holds it."""
    return chain.model_dump_json(indent=2, exclude_none=True) + "\n"


def shipped() -> list[str]:
    """Names of the chains that come with the program."""
    return sorted(path.stem for path in SHIPPED.glob("*.json"))


def chain_called(text: str) -> Chain:
    """The shipped chain of the name `text`, else the one in the file `text`; "./NAME" is always a file.

    Raises:
        InputError: as `read_chain`.
    """
    return read_chain(SHIPPED / f"{text}.json" if text in shipped() else Path(text))
