"""Folders of pictures and single ones."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.media import open_medium
from studio.core.media.pictures import read_picture, write_picture


def coloured(value, height=6, width=9):
    picture = np.full((height, width, 3), value, np.uint8)
    picture[0, 0] = (250, 120, 10)
    return picture


def encode(path, array, suffix=None):
    cv2.imencode(suffix or path.suffix, array)[1].tofile(path)


def test_natural_order_of_names_with_spaces_and_other_letters(tmp_path):
    names = ["img1.png", "img2.png", "img10.png", "Img 11 – größer.png", "日本 3.png"]
    folder = tmp_path / "Ordner mit Bildern ü"
    folder.mkdir()
    for value, name in enumerate(names):
        write_picture(folder / name, coloured(value))
    (folder / "notes.txt").write_text("not a picture")
    (folder / "._img1.png").write_bytes(b"left by another system")
    (folder / "sub.png").mkdir()
    with open_medium(folder) as medium:
        assert (medium.kind, medium.frame_count, medium.size, medium.note) == ("stills", 5, (9, 6), None)
        found = [
            (path.name, int(picture[5, 8, 0])) for path, (_, picture) in zip(medium.files, medium.frames(), strict=True)
        ]
        assert sorted(found) == sorted((name, value) for value, name in enumerate(names))
        assert [name for name, _ in found if name.startswith("img")] == ["img1.png", "img2.png", "img10.png"]
        assert medium.time(3) == 3 / medium.rate
        with pytest.raises(InputError, match=r"no frame 5 .*5 frames, 0 to 4"):
            medium.frame(5)


def test_pictures_of_different_sizes_share_a_folder(tmp_path):
    write_picture(tmp_path / "a.png", coloured(1, 5, 7))
    write_picture(tmp_path / "b.png", coloured(2, 31, 3))
    with open_medium(tmp_path) as medium:
        assert medium.size == (7, 5)
        assert [picture.shape for _, picture in medium.frames()] == [(5, 7, 3), (31, 3, 3)]


def test_a_single_picture_has_one_frame(tmp_path):
    write_picture(tmp_path / "one.png", coloured(9))
    with open_medium(str(tmp_path / "one.png")) as medium:
        assert medium.frame_count == 1
        np.testing.assert_array_equal(medium.frame(0), coloured(9))
        with pytest.raises(InputError, match="it has one frame, 0"):
            medium.frame(1)


def test_grey_alpha_and_16_bits_become_rgb(tmp_path):
    grey = np.arange(35, dtype=np.uint8).reshape(5, 7) * 7
    rgb = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    alpha = np.dstack([rgb[..., ::-1], np.full((5, 7), 40, np.uint8)])
    deep = (rgb[..., ::-1].astype(np.uint16) << 8) + 17
    three = np.dstack([grey] * 3)
    for name, stored, expected in [
        ("grey.png", grey, three),
        ("grey.pgm", grey, three),
        ("alpha.png", alpha, rgb),
        ("deep.png", deep, rgb),
        ("deep.tif", deep, rgb),
        ("grey16.png", grey.astype(np.uint16) << 8, three),
        ("plain.bmp", rgb[..., ::-1], rgb),
    ]:
        encode(tmp_path / name, stored)
        found = read_picture(tmp_path / name)
        assert (found.dtype, found.shape) == (np.uint8, (5, 7, 3)), name
        np.testing.assert_allclose(found.astype(int), expected.astype(int), atol=1, err_msg=name)


@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0)), (2, (0, -1))]
)
def test_exif_orientation(tmp_path, orientation, corner):
    picture = np.zeros((16, 32, 3), np.uint8)
    picture[:8, :8] = 255  # top left as stored
    data = cv2.imencode(".jpg", picture)[1].tobytes()
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    exif = b"Exif\0\0" + tiff
    (tmp_path / "turned.jpg").write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:])
    found = read_picture(tmp_path / "turned.jpg")
    assert found.shape[:2] == ((32, 16) if orientation > 4 else (16, 32))
    assert found[corner].min() > 200
    assert sum(found[row, column].min() > 200 for row in (0, -1) for column in (0, -1)) == 1


def test_an_unreadable_picture_is_named(tmp_path, capfd):
    write_picture(tmp_path / "a.png", coloured(1))
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"rubbish" * 9)
    (tmp_path / "c.jpg").write_bytes(b"")
    (tmp_path / "d.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"rubbish" * 9)
    (tmp_path / "e.tif").write_bytes(b"II*\0" + b"rubbish" * 9)
    with open_medium(tmp_path) as medium:
        with pytest.raises(InputError, match=r"b\.png cannot be read: it is no picture"):
            medium.frame(1)
        with pytest.raises(InputError, match=r"c\.jpg cannot be read: it is empty"):
            medium.frame(2)
        for number, name in [(3, "d.jpg"), (4, "e.tif")]:
            with pytest.raises(InputError, match=name):
                medium.frame(number)
    assert capfd.readouterr().err == ""


def test_folders_that_give_nothing(tmp_path, monkeypatch):
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(InputError, match="holds no pictures"):
        open_medium(tmp_path)

    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(InputError, match=r"cannot read the folder .*Permission denied"):
        open_medium(tmp_path)


def test_written_pictures_are_never_replaced_unasked(tmp_path):
    path = tmp_path / "x.png"
    write_picture(path, coloured(1))
    with pytest.raises(InputError, match="exists already"):
        write_picture(path, coloured(2))
    np.testing.assert_array_equal(read_picture(path), coloured(1))
    write_picture(path, coloured(2), replace=True)
    np.testing.assert_array_equal(read_picture(path), coloured(2))
    with pytest.raises(InputError, match="no picture format"):
        write_picture(tmp_path / "x.txt", coloured(1))
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.png"]


@pytest.mark.parametrize("name, width", [("wide.webp", 17_000), ("wide.jpg", 70_000), ("grey.pgm", 9)])
def test_a_format_that_cannot_hold_a_picture_says_so(tmp_path, name, width):
    with pytest.raises(InputError, match=f"cannot hold {width} × 6 RGB; use .png"):
        write_picture(tmp_path / name, coloured(3, width=width))
    assert list(tmp_path.iterdir()) == []
