"""What stands in one project for what another one has: media of the same content, labels of the same name."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from studio.core.errors import InputError, StudioError
from studio.core.project.ids import new_id
from studio.core.project.labels import PALETTE
from studio.core.project.media import locate
from studio.core.project.project import Project
from studio.core.project.region_table import read_regions
from studio.core.project.rows import LabelRow, MediumRow


class Joining:
    """Which rows of the target stand for those of the source: made where they are new."""

    def __init__(self, source: Project, target: Project) -> None:
        if source.folder.samefile(target.folder):
            raise InputError(f"{target.folder} is the project itself; choose another one")
        self.source, self.target = source, target
        self.media: dict[int, MediumRow] = {}
        self.new_media: list[tuple[MediumRow, Path]] = []
        self.labels: dict[int, LabelRow] = {}
        self.left: Counter[tuple[str, str]] = Counter()  # what stays out, as one and as several
        self._by_content = {(row.size, row.sha256): row for row in target.media()}
        self._taken = _ids(target)
        self._names = {row.name: row for row in target.labels()}
        self._sources = {row.id: row for row in source.media()}
        self._source_labels = {row.id: row for row in source.labels()}
        self._lost: set[int] = set()

    def medium(self, row_id: int) -> MediumRow | None:
        """The target's medium of the same content; None where the source's cannot be read and the target has none."""
        if row_id not in self.media and row_id not in self._lost:
            row = self._sources[row_id]
            known = self._by_content.get((row.size, row.sha256))
            if known is None:
                try:
                    place = locate(self.source, row)
                except (StudioError, OSError):
                    self._lost.add(row_id)
                    return None
                known = replace(row, id=self.free(row.id))
                self.new_media.append((known, place))
            self.media[row_id] = known
        return self.media.get(row_id)

    def knows(self, medium: MediumRow) -> bool:
        """Whether the target had the medium before."""
        return all(row.id != medium.id for row, _ in self.new_media)

    def label(self, row_id: int) -> LabelRow:
        """The target's label of the same name."""
        if row_id not in self.labels:
            row = self._source_labels[row_id]
            if row.name not in self._names:
                self._names[row.name] = self._fresh(row)
            self.labels[row_id] = self._names[row.name]
        return self.labels[row_id]

    @property
    def new_labels(self) -> list[LabelRow]:
        known = {row.id for row in self.target.labels()}
        return [row for row in self._names.values() if row.id not in known]

    @property
    def lost(self) -> list[str]:
        """Names of media that cannot be read."""
        return sorted(self._sources[each].path.rsplit("/", 1)[-1] for each in self._lost)

    def free(self, row_id: int) -> int:
        """The id where nothing of the target has it, else a new one."""
        chosen = new_id() if row_id in self._taken else row_id
        self._taken.add(chosen)
        return chosen

    def _fresh(self, row: LabelRow) -> LabelRow:
        """With a colour and a key that are free."""
        colors = {each.color.lower() for each in self._names.values()}
        free = [row.color, *PALETTE]
        color = next((each for each in free if each.lower() not in colors), row.color)
        keys = {each.key for each in self._names.values()}
        key = next((each for each in (row.key, *"123456789") if each and each not in keys), "")
        return replace(row, id=self.free(row.id), color=color, key=key)


def _ids(project: Project) -> set[int]:
    """All that are in use."""
    tables = (project.media(), project.labels(), project.tracks(), project.marks(), project.splits(), project.areas())
    rows = {row.id for table in tables for row in table} | {row.id for row in project.searches()}
    return rows | set(read_regions(project).ids.tolist())
