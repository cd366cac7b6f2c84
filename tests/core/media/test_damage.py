"""Damaged videos give the frames they have; what is no video is refused in one line."""

from __future__ import annotations

import contextlib

import av
import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.media import open_medium
from tests.core.media.clips import number_of, write_clip, write_sound


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return {suffix: write_clip(folder / f"clip.{suffix}", 120, bf=2) for suffix in ("mp4", "mkv", "avi", "ts", "flv")}


def packets_of(container):
    with contextlib.suppress(av.FFmpegError):
        yield from container.demux(video=0)


def decoded_in_order(path):
    """How many frames plain decoding from first to last gives: the independent reference."""
    count = 0
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "SLICE"
        for packet in packets_of(container):
            with contextlib.suppress(av.FFmpegError):
                count += len(packet.decode())
        with contextlib.suppress(EOFError):  # where reading broke off, the decoder still holds some
            count += len(container.streams.video[0].codec_context.decode(None))
    return count


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts", "flv"])
@pytest.mark.parametrize("kind", ["cut", "zeros", "junk"])
def test_a_damaged_tail_gives_the_frames_before_it(whole, tmp_path, suffix, kind):
    data = whole[suffix].read_bytes()
    with av.open(str(whole[suffix])) as container:
        keep = [packet.pos for packet in container.demux(video=0) if packet.size][70] + 20
    junk = np.random.default_rng(0).integers(0, 256, len(data) - keep, np.uint8).tobytes()
    path = tmp_path / f"damaged.{suffix}"
    path.write_bytes(data[:keep] + {"cut": b"", "zeros": bytes(len(junk)), "junk": junk}[kind])
    with open_medium(path) as medium:
        assert 66 <= medium.frame_count <= 73
        assert abs(medium.frame_count - decoded_in_order(path)) <= (kind != "cut")  # rubbish may give one more picture
        numbers = [number_of(picture) for _, picture in medium.frames()]
        sure = range(medium.frame_count - 4)  # the last ones may be half a picture
        assert numbers[: len(sure)] == list(sure)
        assert [number_of(medium.frame(number)) for number in reversed(sure)] == list(reversed(sure))
        if suffix != "ts":  # a transport stream does not say how long it should be
            assert medium.note.startswith(f"{path} is damaged: {medium.frame_count} of about 1")
            assert medium.note.endswith("frames can be read")


def test_damage_in_the_middle_does_not_shift_numbers(whole, tmp_path):
    data = bytearray(whole["mp4"].read_bytes())
    with av.open(str(whole["mp4"])) as container:
        victims = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size][40:43]
    for position, size in victims:
        data[position : position + size] = bytes(size)
    path = tmp_path / "hole.mp4"
    path.write_bytes(data)
    with open_medium(path) as medium:
        assert medium.frame_count == 120
        sequential = [picture for _, picture in medium.frames()]
        assert [number_of(picture) for picture in sequential[60:]] == list(range(60, 120))
        for number in (119, 45, 41, 40, 60, 39):
            np.testing.assert_array_equal(medium.frame(number), sequential[number])


def test_a_recording_that_begins_inside_a_group_loses_only_its_head(whole, tmp_path):
    data = whole["ts"].read_bytes()
    path = tmp_path / "tail.ts"
    path.write_bytes(data[len(data) * 3 // 10 // 188 * 188 :])
    with open_medium(path) as medium:
        numbers = [number_of(picture) for _, picture in medium.frames()]
        assert numbers == list(range(120 - medium.frame_count, 120))
        assert number_of(medium.frame(0)) == numbers[0]


def test_packed_b_frames_are_counted_as_they_are_shown(tmp_path):
    """As XviD wrote them: two frames in one packet, then one that says "as before"."""
    source = write_clip(tmp_path / "source.avi", 40, codec="mpeg4", bf=1, g=20, b_strategy=0)
    path = tmp_path / "packed.avi"
    vop, divx = b"\0\0\1\xb6", b"\0\0\1\xb2DivX503b1393p"
    with av.open(str(source)) as container, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(container.streams.video[0])
        chunks = [bytes(packet) for packet in container.demux(video=0) if packet.size]
        kinds = [chunk[chunk.index(vop) + 4] >> 6 for chunk in chunks]  # 0: I, 1: P, 2: B
        packed = []
        while chunks:
            two = kinds[1:2] == [2] and kinds[0] != 2
            packed += [chunks[0] + chunks[1], vop + b"\x40\x7f"] if two else [chunks[0]]
            del chunks[: 1 + two], kinds[: 1 + two]
        for place, data in enumerate(packed):
            head = data.index(vop)
            packet = av.Packet(data[:head] + divx + data[head:] if place == 0 else data)
            packet.stream, packet.is_keyframe = stream, data[head + 4] >> 6 == 0
            packet.pts = packet.dts = place
            packet.time_base = stream.time_base
            out.mux(packet)
    with open_medium(path) as medium:
        assert medium.frame_count == 40 == decoded_in_order(path)
        assert [number_of(picture) for _, picture in medium.frames()] == list(range(40))
        assert [number_of(medium.frame(number)) for number in (39, 3, 21, 20, 0)] == [39, 3, 21, 20, 0]


def test_what_is_no_video_is_refused_in_one_line(whole, tmp_path):
    data = whole["mp4"].read_bytes()
    cases = {
        "text.mp4": (b"only words\n" * 500, "no video that can be read"),
        "empty.mp4": (b"", "is empty"),
        "head.mp4": (data[:200], "cut off before its first frame"),
        "first.mp4": (data[: data.index(b"mdat") + 8], "cut off before its first frame"),
        "noise.avi": (bytes(range(256)) * 40, "no video that can be read"),
    }
    for name, (content, words) in cases.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InputError, match=words) as refused:
            open_medium(path)
        assert name in str(refused.value)
        assert "\n" not in str(refused.value)


def test_sound_alone_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds only sound"):
        open_medium(write_sound(tmp_path / "song.mp4"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.mp4", "no file or folder"),
        ("http://127.0.0.1/x.mp4", "only files are read"),
        ("concat:a.mp4|b.mp4", "no file or folder"),
        ("camera:x", "a camera is named camera:0"),
        ("\0", "no file|cannot read"),
    ],
)
def test_names_of_nothing(name, words):
    with pytest.raises(InputError, match=words):
        open_medium(name)


PLAYLISTS = {
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{clip}\n#EXT-X-ENDLIST\n",
    "script.mp4": "ffconcat version 1.0\nfile '{clip}'\n",
    "session.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    "manifest.mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{clip}</BaseURL></MPD>',
}


@pytest.mark.parametrize("name", PLAYLISTS)
@pytest.mark.parametrize("disguise", [None, "innocent.mp4", "innocent.ts"])
def test_a_file_cannot_make_ffmpeg_open_another(whole, tmp_path, name, disguise):
    path = tmp_path / (disguise or name)
    path.write_text(PLAYLISTS[name].format(clip=whole["ts"]))
    with pytest.raises(InputError, match="no video that can be read"):
        open_medium(path)
