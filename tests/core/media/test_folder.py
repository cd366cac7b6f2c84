"""A folder of media lists them; a folder that is a medium itself lists none."""

from __future__ import annotations

from studio.core.media.folder import media_in
from studio.core.media.pictures import write_picture
from studio.core.media.recording import Recorder
from tests.core.media.clips import numbered


def test_media_come_in_natural_order_with_folders_of_pictures_and_recordings(tmp_path):
    for name in ("clip10.MP4", "clip2.mkv", "notes.txt", ".clip1.mp4"):
        (tmp_path / name).write_bytes(b"x")
    for name in ("clip3", "empty"):
        (tmp_path / name).mkdir()
    write_picture(tmp_path / "clip3" / "a.png", numbered(1))
    with Recorder(tmp_path / "desk") as recorder:
        recorder.add(numbered(2), 0.0)
    assert [path.name for path in media_in(tmp_path)] == ["clip2.mkv", "clip3", "clip10.MP4", "desk"]


def test_a_medium_is_no_folder_of_media(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"x")
    assert media_in(tmp_path / "clip.mp4") == media_in(tmp_path / "missing") == []
    write_picture(tmp_path / "a.png", numbered(1))
    assert media_in(tmp_path) == []
