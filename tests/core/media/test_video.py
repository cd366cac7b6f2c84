"""Every frame by its number, in any order, whatever the container."""

from __future__ import annotations

import random
import sys

import av
import numpy as np
import psutil
import pytest

from studio.core.errors import InputError
from studio.core.media import open_medium, video
from tests.core.media.clips import HEIGHT, WIDTH, number_of, write_clip

FRAMES = 90
VFR = (50, 100, 300, 150, 200)
CLIPS = {
    "plain.mp4": {},
    "b_frames.mp4": {"bf": 3},
    "variable.mp4": {"bf": 3, "gaps": VFR},
    "variable.mkv": {"bf": 3, "gaps": VFR},
    "late.ts": {"bf": 3, "start": 90_000},
    "open.mkv": {"bf": 3, "x264__params": "open-gop=1:keyint=20"},
    "open.ts": {"bf": 3, "x264__params": "open-gop=1:keyint=20"},
    "refresh.mp4": {"x264__params": "intra-refresh=1:keyint=20"},
    "b_frames.avi": {"codec": "mpeg4", "bf": 2, "g": 20},
    "h264.avi": {"bf": 2},
    "mpeg2.mpg": {"codec": "mpeg2video", "bf": 2, "g": 15},
    "raw.h264": {"bf": 2},
    "hidden.webm": {"codec": "libvpx", "auto__alt__ref": 1, "lag__in__frames": 16, "deadline": "realtime", "g": 40},
    "superframes.webm": {"codec": "libvpx-vp9", "auto__alt__ref": 1, "lag__in__frames": 16, "deadline": "realtime"},
    "motion.avi": {"codec": "mjpeg", "fmt": "yuvj420p"},
    "ten_bit.mkv": {"fmt": "yuv420p10le"},
    "grey16.mkv": {"codec": "ffv1", "fmt": "gray16le"},
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips with späces")
    return {name: write_clip(folder / name, FRAMES, **options) for name, options in CLIPS.items()}


@pytest.mark.parametrize("name", CLIPS)
def test_every_frame_is_the_same_in_any_order(clips, name, monkeypatch):
    monkeypatch.setattr(video, "CACHE_BYTES", 12 * WIDTH * HEIGHT)  # so small that most frames are decoded again
    numbers = list(range(FRAMES))
    with open_medium(clips[name]) as medium:
        assert (medium.frame_count, medium.size, medium.note) == (FRAMES, (WIDTH, HEIGHT), None)
        assert [(number, number_of(picture)) for number, picture in medium.frames()] == [(n, n) for n in numbers]
        for order in (random.Random(0).sample(numbers, FRAMES), numbers[::-1], numbers[::7]):
            assert [number_of(medium.frame(number)) for number in order] == order
        assert [number_of(picture) for _, picture in medium.frames(11, 75, 8)] == list(range(11, 76, 8))


def test_frames_read_beside_each_other_do_not_disturb(clips):
    with open_medium(clips["b_frames.mp4"]) as first, open_medium(clips["b_frames.mp4"]) as second:
        for (number, ours), (_, theirs) in zip(first.frames(), second.frames(), strict=True):
            back = FRAMES - 1 - number
            assert number_of(ours) == number_of(theirs) == number
            assert number_of(first.frame(back)) == number_of(second.frame(back)) == back


def test_times_are_those_of_the_file(clips):
    with open_medium(clips["variable.mp4"]) as medium:
        expected = np.cumsum([0, *(VFR * 18)])[:FRAMES] / 3000
        np.testing.assert_allclose([medium.time(number) for number in range(FRAMES)], expected, atol=1e-6)
        assert medium.rate == pytest.approx((FRAMES - 1) / expected[-1], rel=0.02)
    with open_medium(clips["late.ts"]) as medium:
        assert medium.time(0) == 0
        assert medium.time(30) == pytest.approx(1)
        assert medium.rate == 30


def test_a_frame_is_the_callers_own(clips):
    with open_medium(clips["plain.mp4"]) as medium:
        medium.frame(3)[:] = 7
        assert number_of(medium.frame(3)) == 3
        assert medium.frame(3).dtype == np.uint8
        assert medium.frame(3).flags.c_contiguous


@pytest.mark.parametrize("number", [-1, FRAMES, 10_000])
def test_beyond_the_end_says_how_many_there_are(clips, number):
    with open_medium(clips["plain.mp4"]) as medium:
        with pytest.raises(InputError, match=f"no frame {number} in .*plain.mp4; it has 90 frames, 0 to 89"):
            medium.frame(number)
        with pytest.raises(InputError, match="it has 90 frames"):
            next(medium.frames(0, FRAMES))


def test_numbered_clips_are_right_in_any_order(shared, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(shared / "tools"))
    import numbered_clips

    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name, options in numbered_clips.CLIPS.items():
        numbered_clips.write_clip(tmp_path / name, **options)
        with open_medium(tmp_path / name) as medium:
            assert medium.frame_count == numbered_clips.FRAMES, name
            order = random.Random(2).sample(range(300), 300)
            assert [numbered_clips.frame_number(medium.frame(number)) for number in order] == order, name
            assert [numbered_clips.frame_number(picture) for _, picture in medium.frames()] == list(range(300)), name


def test_the_real_clip_has_its_196_frames(shared):
    with open_medium(shared / "data" / "videos" / "bag.avi") as medium:
        sequential = [picture for _, picture in medium.frames()]
        assert (medium.frame_count, len(sequential), medium.size, medium.rate) == (196, 196, (480, 360), 25.0)
        for number in (195, 0, 100, 99, 98, 131):
            np.testing.assert_array_equal(medium.frame(number), sequential[number])


def test_stepping_back_decodes_a_long_group_a_few_times_only(tmp_path, monkeypatch):
    monkeypatch.setattr(video, "CACHE_BYTES", 48 * WIDTH * HEIGHT * 3 // 2)
    with open_medium(write_clip(tmp_path / "long.mp4", 200, g=250)) as medium:
        decoded = []
        reader = medium._cursor._reader
        monkeypatch.setattr(reader, "decode", lambda *given, real=reader.decode: decoded.append(1) or real(*given))
        assert [number_of(medium.frame(number)) for number in range(199, -1, -1)] == list(range(199, -1, -1))
        assert len(decoded) < 1200  # 20,000 where each step decodes from the keyframe


def test_decoded_frames_are_bounded_in_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(video, "CACHE_BYTES", 20 * WIDTH * HEIGHT * 3 // 2)
    with open_medium(write_clip(tmp_path / "clip.mp4")) as medium:
        medium.frame(80)
        kept = medium._decoded._frames
        assert 2 <= len(kept) <= 20
        assert max(kept) == 80
        assert min(kept) == 80 - len(kept) + 1  # the last ones: those a step back needs


def test_memory_stays_flat_over_a_long_read(tmp_path):
    short = write_clip(tmp_path / "short.mp4", bf=0)
    looped = tmp_path / "looped.mkv"
    with av.open(str(looped), "w") as out:
        with av.open(str(short)) as source:
            packets = [
                (bytes(packet), packet.pts, packet.is_keyframe) for packet in source.demux(video=0) if packet.size
            ]
            stream = out.add_stream_from_template(source.streams.video[0])
            tick = source.streams.video[0].time_base
        span = round(FRAMES / 30 / tick)
        for loop in range(40):
            for data, pts, key in packets:
                packet = av.Packet(data)
                packet.stream, packet.time_base, packet.is_keyframe = stream, tick, key
                packet.pts = packet.dts = pts + loop * span
                out.mux(packet)
    process, marks = psutil.Process(), []
    with open_medium(looped) as medium:
        assert medium.frame_count == 40 * FRAMES
        for number, picture in medium.frames():
            assert number_of(picture) == number % FRAMES
            if number % 900 == 899:
                marks.append(process.memory_info().rss)
    assert marks[-1] - marks[0] < 8 * 2**20
