"""Media leave the project without their file, and come back from wherever they were moved."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.project import AreaRow, Edit, MarkRow, Project, SplitRow, TrackRow, relinking
from studio.core.project.media import add_medium, copy_in, locate, medium_named, remove_medium
from studio.core.project.relinking import relink, unavailable
from tests.core.project.project_rows import CUP, MEDIUM, region


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Three clips, and a folder with two pictures."""
    folder = tmp_path / "clips"
    (folder / "garden").mkdir(parents=True)
    for name in ("a", "b", "c"):
        (folder / f"{name}.mp4").write_bytes(f"clip {name}".encode())
    for number in range(2):
        cv2.imwrite(str(folder / "garden" / f"{number}.png"), np.full((8, 8, 3), 90 * number, np.uint8))
    return folder


@pytest.fixture
def linked(folder: Path, clips: Path) -> Path:
    with Project.create(folder) as project:
        for name in ("a", "b", "c"):
            add_medium(project, clips / f"{name}.mp4", "video", 10, 64, 48)
        add_medium(project, clips / "garden", "stills", 2, 8, 8)
    return folder


def test_a_medium_goes_with_all_that_is_said_about_it(project: Project) -> None:
    rows = [
        TrackRow(10, 1, 2),
        region(100, track=10),
        region(101, frame=3),
        MarkRow(20, 1, 2, 5, 9, "nothing"),
        SplitRow(30, 1, None, 0, 9, "train"),
        AreaRow(40, 1, 0.0, 0.0, 9.0, 9.0),
    ]
    project.apply(Edit.rows("fill", rows))
    planned = remove_medium(project, MEDIUM)
    assert planned.sentence == (
        "Removes clip.mp4 from the project with 2 regions, 1 track, 1 mark, 1 split and 1 search area;"
        " the file itself stays where it is."
    )
    project.apply(planned.edit)
    assert (project.media(), project.regions(), project.tracks(), project.areas()) == ([], [], [], [])
    assert project.label("cup") == CUP and project.check() == []
    project.undo()
    assert len(project.regions()) == 2 and project.media() == [MEDIUM]


def test_all_that_moved_are_found_at_once(linked: Path, clips: Path, tmp_path: Path) -> None:
    deep = tmp_path / "disk" / "2026" / "holiday"
    deep.parent.mkdir(parents=True)
    shutil.move(clips, deep)
    (deep / "b.mp4").rename(deep / "renamed.mp4")
    (deep / "other.mp4").write_bytes(b"clip x")  # of the same size
    (deep / "c.mp4").unlink()
    with Project.open(linked, write=True) as project:
        assert len(unavailable(project)) == 4
        found = relink(project, tmp_path / "disk")
        assert {path.name for _, path in found.found} == {"a.mp4", "renamed.mp4", "garden"} and found.complete
        assert [row.path for row in found.missing] == ["../clips/c.mp4"] and found.changed == []
        assert [row.path for row, _ in unavailable(project)] == ["../clips/c.mp4"]
        assert project.next_undo()[:2] == ("find 3 media again", 3)
        assert locate(project, medium_named(project, "renamed.mp4")) == deep / "renamed.mp4"
        assert relink(project, tmp_path / "disk").found == []


def test_a_changed_medium_is_said_and_its_old_content_found(linked: Path, clips: Path, tmp_path: Path) -> None:
    shutil.copytree(clips, tmp_path / "backup")
    (clips / "a.mp4").write_bytes(b"clip A")
    (clips / "b.mp4").write_bytes(b"cut")
    (tmp_path / "backup" / "b.mp4").unlink()
    with Project.open(linked, write=True) as project:
        found = relink(project, tmp_path / "backup")
        assert [path for _, path in found.found] == [tmp_path / "backup" / "a.mp4"]
        ((row, why),) = found.changed
        assert row.path == "../clips/b.mp4" and "was changed: 3 bytes, not 6" in why


def test_nothing_missing_looks_nowhere_and_a_search_can_be_stopped(linked: Path, clips: Path, tmp_path: Path) -> None:
    with Project.open(linked, write=True) as project:
        position = project.position
        found = relink(project, tmp_path)
        assert (found.found, found.missing, project.position) == ([], [], position)
        shutil.move(clips, tmp_path / "moved")
        stopped = Control()
        stopped.cancel()
        with pytest.raises(Cancelled):
            relink(project, tmp_path, stopped)
        assert project.position == position
        with pytest.raises(InputError, match="no folder"):
            relink(project, tmp_path / "nowhere")


def test_a_search_ends(linked: Path, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.move(clips, tmp_path / "zzz")
    monkeypatch.setattr(relinking, "MOST_FILES", 2)
    (tmp_path / "zzz" / "0.txt").write_text("x")
    with Project.open(linked, write=True) as project:
        found = relink(project, tmp_path / "zzz")
        assert not found.complete and len(found.missing) == 4 - len(found.found)


def test_media_are_named_by_path_name_or_id(linked: Path, clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Project.open(linked, write=True) as project:
        row = project.media()[0]
        monkeypatch.chdir(clips)
        for name in ("a.mp4", "../clips/a.mp4", str(clips / "a.mp4"), "./a.mp4", str(row.id)):
            assert medium_named(project, name) == row
        with pytest.raises(InputError, match=r"no medium 'x.mp4'; there are: \.\./clips/a\.mp4"):
            medium_named(project, "x.mp4")
        (clips / "more").mkdir()
        (clips / "more" / "a.mp4").write_bytes(b"another")
        monkeypatch.chdir(clips.parent)
        add_medium(project, clips / "more" / "a.mp4", "video", 1, 1, 1)
        with pytest.raises(InputError, match=r"2 media are called a\.mp4"):
            medium_named(project, "a.mp4")


def test_a_copy_in_the_project(linked: Path, clips: Path) -> None:
    with Project.open(linked, write=True) as project:
        inside = copy_in(project, clips / "a.mp4")
        assert inside == linked / "media" / "a.mp4" == copy_in(project, clips / "a.mp4") == copy_in(project, inside)
        (clips / "a.mp4").write_bytes(b"other")
        assert copy_in(project, clips / "a.mp4").name == "a-2.mp4"
        assert sorted(p.name for p in copy_in(project, clips / "garden").iterdir()) == ["0.png", "1.png"]
        assert sorted(p.name for p in (linked / "media").iterdir()) == ["a-2.mp4", "a.mp4", "garden"]
