"""A project as one file: everything comes back, and a stranger's file writes nowhere but into its new folder."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import stat
import zipfile
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.project import Edit, Project
from studio.core.project.copies import open_copy, save_copy
from studio.core.project.labels import make_label
from studio.core.project.media import add_medium, locate
from studio.core.project.relinking import unavailable
from tests.core.project.project_rows import region


def add_head(project: Project, name: str = "head-1") -> None:
    folder = project.models / name
    folder.mkdir(parents=True)
    weights = b"weights of " + name.encode()
    (folder / "weights.safetensors").write_bytes(weights)
    card = {"name": name, "labels": ["cup"], "backbone": "b", "history": 1, "scores": {}}
    (folder / "card.json").write_text(json.dumps(card | {"sha256": hashlib.sha256(weights).hexdigest()}))


@pytest.fixture
def filled(folder: Path, tmp_path: Path) -> Path:
    """A project with a medium inside, one outside, a folder of pictures outside, a head, and regions."""
    outside = tmp_path / "elsewhere" / "clip.mp4"
    pictures = tmp_path / "elsewhere" / "garden"
    pictures.mkdir(parents=True)
    outside.write_bytes(b"outside")
    for number in range(2):
        cv2.imwrite(str(pictures / f"{number}.png"), np.full((8, 8, 3), 90 * number, np.uint8))
    (pictures / "notes.txt").write_text("private")
    with Project.create(folder, "my project") as project:
        (folder / "media" / "clip.mp4").write_bytes(b"inside")
        media = [add_medium(project, path, "video", 100, 64, 48) for path in (folder / "media" / "clip.mp4", outside)]
        add_medium(project, pictures, "stills", 2, 8, 8)
        label = make_label(project, "cup")
        rows = [region(frame=n, medium=media[0].id, label=label.id) for n in range(20)]
        project.apply(Edit.rows("draw", [label, *rows]))
        add_head(project)
        (folder / "cache" / "index").write_text("cache")
        (folder / "models" / ".half.partial").mkdir()
    return folder


def test_everything_comes_back_and_outside_media_stay_where_they_are(filled: Path, tmp_path: Path) -> None:
    with Project.open(filled) as project:
        copied = save_copy(project, tmp_path / "copy.studio")
        before = (project.regions(), project.labels(), project.media(), project.history())
    assert copied.files == 4 and len(copied.left_out) == 2 and "lies outside" in copied.left_out[0]
    assert copied.size < (tmp_path / "copy.studio").stat().st_size
    shutil.rmtree(filled)
    new = open_copy(tmp_path / "copy.studio", tmp_path / "new" / "project")
    with Project.open(new, write=True) as project:
        assert (project.regions(), project.labels(), project.media(), project.history()) == before
        assert project.name == "my project" and project.check() == []  # the outside media were approved before
        assert not list(new.glob("cache/*")) and [p.name for p in (new / "models").iterdir()] == ["head-1"]
        project.undo()
        assert project.regions() == []


def test_with_its_media_it_stands_alone(filled: Path, tmp_path: Path) -> None:
    with Project.open(filled) as project:
        copied = save_copy(project, tmp_path / "copy.zip", with_media=True)
    assert copied.left_out == []
    shutil.rmtree(filled)
    shutil.rmtree(tmp_path / "elsewhere")
    new = open_copy(tmp_path / "copy.zip", tmp_path / "new")
    with Project.open(new, write=True) as project:
        assert unavailable(project) == [] == project.check()
        assert [row.path for row in project.media()] == ["media/clip.mp4", "media/2-clip.mp4", "media/garden"]
        assert {file.name for file in (new / "media" / "garden").iterdir()} == {"0.png", "1.png"}
        while project.undo():
            pass
        while project.redo():
            pass
        assert [row.path for row in project.media()] == ["media/clip.mp4", "media/2-clip.mp4", "media/garden"]


def test_a_copy_is_of_one_moment_while_somebody_writes(filled: Path, tmp_path: Path) -> None:
    with Project.open(filled) as project, Project.open(filled, write=True) as writer:
        writer.connection.execute("BEGIN IMMEDIATE")
        writer.connection.execute("DELETE FROM regions")
        save_copy(project, tmp_path / "copy.studio")
        writer.connection.execute("ROLLBACK")
    with Project.open(open_copy(tmp_path / "copy.studio", tmp_path / "new")) as project:
        assert len(project.regions()) == 20


def test_what_only_looks_like_an_earlier_try_is_not_deleted(filled: Path, tmp_path: Path) -> None:
    target = tmp_path / "sent.studio"
    with Project.open(filled) as project:
        save_copy(project, target)
    diary = tmp_path / ".copy.partial" / "diary.txt"
    diary.parent.mkdir()
    diary.write_text("mine")
    before = set(tmp_path.iterdir())
    assert open_copy(target, tmp_path / "copy") == tmp_path / "copy"
    assert diary.read_text() == "mine" and set(tmp_path.iterdir()) - before == {tmp_path / "copy"}
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == stat.S_IMODE(filled.stat().st_mode)


def test_names_that_other_systems_do_not_know(folder: Path, tmp_path: Path) -> None:
    with Project.create(folder) as project:
        for name in ("12:30?.mp4", "A.mp4", "a.mp4"):
            (folder / "media" / name).write_bytes(name.encode())
            add_medium(project, folder / "media" / name, "video", 1, 1, 1)
        (folder / "media" / "un:used.mp4").write_bytes(b"x")
        copied = save_copy(project, tmp_path / "copy.studio")
    assert any("un:used.mp4" in line for line in copied.left_out)
    with Project.open(open_copy(tmp_path / "copy.studio", tmp_path / "new")) as project:
        assert [row.path for row in project.media()] == ["media/12_30_.mp4", "media/A.mp4", "media/2-a.mp4"]
        assert project.check() == []
        assert [locate(project, row).read_text() for row in project.media()] == ["12:30?.mp4", "A.mp4", "a.mp4"]


def test_what_is_there_is_not_overwritten_and_stopping_leaves_nothing(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "there.studio").write_text("mine")
    with Project.open(filled) as project:
        with pytest.raises(InputError, match="there already"):
            save_copy(project, tmp_path / "there.studio")
        with pytest.raises(InputError, match="no folder"):
            save_copy(project, tmp_path / "nowhere" / "copy.studio")
        stopped = Control()
        stopped.cancel()
        with pytest.raises(Cancelled):
            save_copy(project, tmp_path / "copy.studio", control=stopped)
        assert [p.name for p in tmp_path.iterdir() if p.name.startswith((".", "copy", "tmp"))] == []
        save_copy(project, tmp_path / "copy.studio")
    with pytest.raises(InputError, match="not an empty folder"):
        open_copy(tmp_path / "copy.studio", filled)
    with pytest.raises(Cancelled):
        open_copy(tmp_path / "copy.studio", tmp_path / "new", stopped)
    assert not list(tmp_path.glob("*new*"))


@pytest.fixture
def good(filled: Path, tmp_path: Path) -> list[tuple[str, bytes]]:
    with Project.open(filled) as project:
        save_copy(project, tmp_path / "copy.studio")
    with zipfile.ZipFile(tmp_path / "copy.studio") as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "media/../../evil.txt",
        "/evil.txt",
        "media//evil.txt",
        "media/./evil.txt",
        "C:/evil.txt",
        "media\\..\\..\\evil.txt",
        "media/evil.txt:stream",
        "media/.hidden",
        "media/evil. ",
        "media/nul",
        "models/head-1/pickle.pt",
        "models/card.json",
        "cache/features.db",
        "project.db-wal",
        "project.lock",
        "PROJECT.DB",
        "media/\x1b[2J",
        "media/folder/",
        "media/CLIP.mp4",
    ],
)
def test_a_strangers_names_lead_nowhere(good: list[tuple[str, bytes]], tmp_path: Path, name: str) -> None:
    evil = tmp_path / "evil.studio"
    with zipfile.ZipFile(evil, "w") as archive:
        for member, content in [*good, (name, b"evil")]:
            archive.writestr(zipfile.ZipInfo(member), content)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="studio"):
        open_copy(evil, tmp_path / "deep" / "new")
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before] in ([], [tmp_path / "deep"])


def test_links_bombs_and_other_zips(good: list[tuple[str, bytes]], tmp_path: Path) -> None:
    link = zipfile.ZipInfo("media/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.studio", "w") as archive:
        for member, content in good:
            archive.writestr(zipfile.ZipInfo(member), content)
        archive.writestr(link, "/etc")
    with zipfile.ZipFile(tmp_path / "bomb.studio", "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in good:
            archive.writestr(member, content)
        archive.writestr("media/zeros", bytes(1 << 20))
    with zipfile.ZipFile(tmp_path / "other.studio", "w") as archive:
        archive.writestr("readme.txt", "hello")
    (tmp_path / "text.studio").write_text("no zip at all")
    for name, message in (
        ("link", "which no project has"),
        ("bomb", "compressed"),
        ("other", "no copy of a project"),
        ("text", "no copy of a project"),
        ("missing", "no file"),
    ):
        with pytest.raises(InputError, match=message):
            open_copy(tmp_path / f"{name}.studio", tmp_path / "new")
    assert not list(tmp_path.glob("*new*"))


def test_the_same_bytes_given_out_many_times(good: list[tuple[str, bytes]], tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.studio"
    with zipfile.ZipFile(bomb, "w") as archive:
        for member, content in good:
            archive.writestr(zipfile.ZipInfo(member), content)
        archive.writestr(zipfile.ZipInfo("media/large"), bytes(100_000))
        first = archive.infolist()[-1]
        for number in range(50):
            again = zipfile.ZipInfo(f"media/again{number}")
            again.header_offset, again.file_size, again.compress_size, again.CRC = (
                first.header_offset,
                first.file_size,
                first.compress_size,
                first.CRC,
            )
            archive.filelist.append(again)
    with pytest.raises(InputError, match="more than it does"):
        open_copy(bomb, tmp_path / "new")


@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign view"])
def test_a_damaged_copy_makes_no_project(good: list[tuple[str, bytes]], tmp_path: Path, damage: str) -> None:
    file = tmp_path / "copy.studio"
    content = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        content[5000] ^= 255
        file.write_bytes(content)
    else:
        (tmp_path / "project.db").write_bytes(dict(good)["project.db"])
        with closing(sqlite3.connect(tmp_path / "project.db")) as connection:
            connection.execute("CREATE VIEW spy AS SELECT * FROM regions")
        with zipfile.ZipFile(file, "w") as archive:
            archive.write(tmp_path / "project.db", "project.db")
    with pytest.raises(InputError, match="damaged"):
        open_copy(file, tmp_path / "new")
    assert not (tmp_path / "new").exists() and not list(tmp_path.glob(".new*"))
