"""A recording of which some frames were kept: numbers are by capture, and gaps show what was kept before."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.fingerprint import fingerprint
from studio.core.media import open_medium
from studio.core.media.pictures import write_picture
from studio.core.media.recording import recording_problems
from tests.core.media.clips import number_of, numbered

KEPT = {118: 4.0, 119: 4.04, 60: 2.0, 123: 4.2}  # in the order in which they were kept


@pytest.fixture
def recording(tmp_path):
    folder = tmp_path / "camera"
    folder.mkdir()
    (folder / "recording.json").write_text('{"recording": "1"}')
    for number in KEPT:
        write_picture(folder / f"{number:08}.jpg", numbered(number))
    (folder / "times.txt").write_text("".join(f"{number} {seconds}\n" for number, seconds in KEPT.items()))
    return folder


def test_a_number_shows_its_frame_or_the_one_kept_before(recording):
    with open_medium(recording) as medium:
        assert (medium.kind, medium.frame_count, medium.size) == ("camera", 124, (128, 48))
        assert medium.kept.tolist() == [60, 118, 119, 123]
        shown = {number: number_of(medium.frame(number)) for number in (0, 59, 60, 61, 117, 118, 119, 120, 122, 123)}
        assert shown == {0: 60, 59: 60, 60: 60, 61: 60, 117: 60, 118: 118, 119: 119, 120: 119, 122: 119, 123: 123}
        with pytest.raises(InputError, match="no frame 124"):
            medium.frame(124)


def test_times_count_from_the_cameras_first_frame(recording):
    with open_medium(recording) as medium:
        assert [medium.time(number) for number in (60, 118, 123)] == pytest.approx([2.0, 4.0, 4.2])
        assert medium.time(0) == 0 and medium.time(121) == pytest.approx(4.12)
        assert medium.rate == pytest.approx(63 / 2.2)
        times = [medium.time(number) for number in range(124)]
        assert (np.diff(times) > 0).all()


def test_going_through_it_gives_what_was_kept(recording):
    with open_medium(recording) as medium:
        assert [number for number, _ in medium.frames()] == [60, 118, 119, 123]
        assert [number for number, _ in medium.frames(61, 119)] == [118, 119]
        assert medium.numbers(61)[0] == 118
        for number, picture in medium.frames(100):
            assert number_of(picture) == number
        with pytest.raises(InputError, match=r"no frame from 61 to 117 .* was kept"):
            list(medium.frames(61, 117))


def test_it_grows_while_it_is_open_and_stays_the_same_medium(recording):
    before = fingerprint(recording)
    with open_medium(recording) as medium:
        going = medium.frames()
        assert next(going)[0] == 60
        write_picture(recording / "00000200.jpg", numbered(200))
        write_picture(recording / "00000100.jpg", numbered(100))
        with (recording / "times.txt").open("a") as file:
            file.write("200 7.0\n100 3.0\n300 9")
        assert number_of(medium.frame(100)) == 100 and medium.frame_count == 201
        assert number_of(medium.frame(200)) == 200 and medium.time(200) == 7.0
        assert [(number, number_of(picture)) for number, picture in going] == [(118, 118), (119, 119), (123, 123)]
    assert fingerprint(recording) == before
    (recording / "recording.json").write_text('{"recording": "2"}')
    assert fingerprint(recording) != before


@pytest.mark.parametrize("line", ["-1 0.5", "60 2.0", "7 9.5", "100000000 9.0", "8 nan", "8", "8 2.1 a b", "x 1"])
def test_a_list_that_cannot_be_is_refused(recording, line):
    with (recording / "times.txt").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(InputError, match="no list of numbers and rising times"):
        open_medium(recording)


def test_pictures_that_are_missing_or_others_are_found(recording):
    assert recording_problems(recording) == []
    (recording / "00000118.jpg").unlink()
    (problem,) = recording_problems(recording)
    assert "00000118.jpg of a recording is missing" in problem
    (recording / "times.txt").write_text(f"60 2.0 {'0' * 64}\n")
    (problem,) = recording_problems(recording)
    assert "00000060.jpg of a recording was changed" in problem
