"""Media are found again after moves, noticed when changed, and not followed out of a stranger's folder."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from studio.core.errors import InputError
from studio.core.paths import user_data
from studio.core.project import Edit, MediumRow, Project
from studio.core.project.media import add_medium, locate, outside


def add(project: Project, source: Path) -> MediumRow:
    return add_medium(project, source, "video", 10, 64, 48)


@pytest.fixture
def empty(folder: Path) -> Path:
    Project.create(folder).close()
    return folder


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clips" / "kleine Küche.mp4"
    path.parent.mkdir()
    path.write_bytes(b"first clip")
    return path


def test_a_medium_is_added_once(empty: Path, clip: Path) -> None:
    with Project.open(empty, write=True) as project:
        row = add(project, clip)
        assert (row.kind, row.frames, row.width, row.height, row.size) == ("video", 10, 64, 48, 10)
        assert row.path == "../clips/kleine Küche.mp4"
        copy = clip.with_name("copy.mp4")
        shutil.copy(clip, copy)
        assert add(project, clip) == add(project, copy) == row
        assert project.position == 1
        assert locate(project, row) == clip


def test_a_project_and_its_media_move_together(empty: Path, clip: Path, tmp_path: Path) -> None:
    inside = empty / "media" / "clip.mp4"
    inside.write_bytes(b"inside")
    with Project.open(empty, write=True) as project:
        rows = [add(project, inside), add(project, clip)]
    new = tmp_path / "elsewhere"
    new.mkdir()
    shutil.move(empty, new / "project")
    shutil.move(clip.parent, new / "clips")
    with Project.open(new / "project") as project:
        assert [locate(project, row) for row in rows] == [
            new / "project" / "media" / "clip.mp4",
            new / "clips" / clip.name,
        ]


def test_a_project_that_moved_alone_finds_its_media(empty: Path, clip: Path, tmp_path: Path) -> None:
    with Project.open(empty, write=True) as project:
        row = add(project, clip)
    (tmp_path / "a" / "b").mkdir(parents=True)
    shutil.move(empty, tmp_path / "a" / "b" / "project")
    with Project.open(tmp_path / "a" / "b" / "project") as project:
        assert locate(project, row) == clip


def test_a_medium_that_moved_is_found_when_it_is_named_again(empty: Path, clip: Path, tmp_path: Path) -> None:
    with Project.open(empty, write=True) as project:
        row = add(project, clip)
        moved = clip.rename(tmp_path / "renamed.mp4")
        with pytest.raises(InputError, match=r"kleine Küche\.mp4 is missing"):
            locate(project, row)
        again = add(project, moved)
        assert again == replace(row, path="../renamed.mp4")
        assert project.media() == [again]
        assert locate(project, again) == moved


def test_a_changed_medium_is_noticed(empty: Path, clip: Path) -> None:
    with Project.open(empty, write=True) as project:
        row = add(project, clip)
        clip.write_bytes(b"other clip")
        with pytest.raises(InputError, match="was changed: same size"):
            locate(project, row)
        clip.write_bytes(b"longer than it was")
        with pytest.raises(InputError, match="was changed: 18 bytes, not 10"):
            locate(project, row)
        assert add(project, clip).id != row.id


@pytest.mark.parametrize("where", ["absolute", "dots", "link"])
def test_a_strangers_project_does_not_lead_out_of_its_folder(
    empty: Path, clip: Path, where: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Project.open(empty, write=True) as project:
        row = add(project, clip)
        if where == "absolute":
            row = replace(row, path=str(clip))
        if where == "link":
            (empty / "media" / "clip.mp4").symlink_to(clip)
            row = replace(row, path="media/clip.mp4")
        project.apply(Edit.rows("point there", [row]))
    monkeypatch.setenv("STUDIO_CACHE", str(tmp_path / "somebody-else"))
    with Project.open(empty) as project:
        with pytest.raises(InputError, match=r"outside its folder.*studio trust"):
            locate(project, row)
        assert outside(project) == [(row, clip)]
        assert len(project.check()) == 1


def test_a_folder_of_pictures_cannot_hide_a_link_out(
    empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"private")
    pictures = empty / "media" / "garden"
    pictures.mkdir()
    (pictures / "0.png").symlink_to(secret)
    with Project.open(empty, write=True) as project:
        row = add_medium(project, pictures, "stills", 1, 0, 0)
        assert locate(project, row) == pictures
        monkeypatch.setenv("STUDIO_CACHE", str(tmp_path / "somebody-else"))
        with pytest.raises(InputError, match="studio trust"):
            locate(project, row)


def test_agreeing_to_one_content_is_not_agreeing_to_another(empty: Path, clip: Path, tmp_path: Path) -> None:
    diary = tmp_path / "diary.txt"
    diary.write_text("dear diary")
    with Project.open(empty, write=True) as project:
        row = add(project, clip)
        pointed = replace(row, path="../diary.txt")
        project.apply(Edit.rows("came back from a stranger", [pointed]))
        with pytest.raises(InputError, match="was changed"):
            locate(project, pointed)


def test_media_inside_need_no_agreement_and_a_spoiled_record_is_none(empty: Path, clip: Path) -> None:
    inside = empty / "media" / "clip.mp4"
    inside.write_bytes(b"inside")
    with Project.open(empty, write=True) as project:
        add(project, inside)
        assert not user_data().exists()
        row = add(project, clip)
        (record,) = (user_data() / "approved").iterdir()
        record.write_text("not json")
        with pytest.raises(InputError, match="studio trust"):
            locate(project, row)


def test_adding_in_a_race_gives_one_row(empty: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Project.open(empty, write=True) as first, Project.open(empty, write=True) as second:
        row = add(first, clip)
        media, asked = Project.media, []

        def late(project: Project) -> list[MediumRow]:
            asked.append(project)
            return [] if len(asked) == 1 else media(project)  # first what it saw before the other was done

        monkeypatch.setattr(Project, "media", late)
        assert add(second, clip) == row
        assert media(second) == [row]
