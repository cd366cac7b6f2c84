"""What the media dock has done on the disk lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.core.control import Control
from studio.core.errors import InputError, StudioError
from studio.core.project import Project
from studio.core.project.media import add_medium
from studio.core.project.relinking import Relinked, relink, unavailable


@dataclass(frozen=True)
class Added:
    """What became of some sources.

    Attributes:
        ids: of the media's rows, in the order of the sources.
        problems: a sentence for each source that could not be added.
    """

    ids: tuple[int, ...]
    problems: tuple[str, ...]


def add_sources(folder: Path, sources: Sequence[Path], control: Control) -> Added:
    """Add files and folders to the project in `folder`; a folder of media stands for those in it.

    Raises:
        InputError: the project cannot be written.
        Cancelled: through `control`; what was added stays.
    """
    ids: list[int] = []
    problems: list[str] = []
    with Project.open(folder, write=True) as project:
        found = _expanded(sources, problems)
        for number, source in enumerate(found):
            control.progress(number / len(found), source.name)
            try:
                ids.append(_add(project, source))
            except (StudioError, OSError) as error:
                problems.append(str(error))
    return Added(tuple(ids), tuple(problems))


def _expanded(sources: Sequence[Path], problems: list[str]) -> list[Path]:
    from studio.core.media.folder import media_in  # brings the decoders along

    found: list[Path] = []
    for source in sources:
        try:
            found += media_in(source) or [source]
        except InputError as error:
            problems.append(str(error))
    return found


def _add(project: Project, source: Path) -> int:
    from studio.core.media.opening import open_medium
    from studio.core.media.picture_size import common_size

    with open_medium(source, project.cache) as medium:
        return add_medium(project, source, medium.kind, medium.frame_count, *common_size(medium)).id


def missing_media(folder: Path, number: int, control: Control) -> tuple[int, dict[int, str]]:
    """`number`, and a sentence for each medium that cannot be read, by its id."""
    with Project.open(folder) as project:
        return number, {row.id: why for row, why in unavailable(project)}


def find_missing(folder: Path, place: Path, control: Control) -> Relinked:
    """Look for all missing media of the project in `folder` at `place` and below."""
    with Project.open(folder, write=True) as project:
        return relink(project, place, control)
