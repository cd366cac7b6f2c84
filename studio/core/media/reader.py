"""The packets and pictures of one video file, as ffmpeg gives them: opening, jumping, decoding."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from studio.core.errors import InputError

# Containers that hold their own pictures. Playlists, scripts and picture patterns (hls, dash, concat, sdp, image2 …)
# are not among them: a file must not make ffmpeg open another one. Sound files are: to say that they hold only sound.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,asf,flv,live_flv,ogg,nut,mxf,mxf_opatom,gxf,dv,rm,"
    "wtv,ivf,obu,av1,h264,hevc,vvc,m4v,vc1,yuv4mpegpipe,gif,apng,y4m,mp3,wav,aac,flac"
)
_RETRIES = 1000
_UNREADABLE = "{} is no video that can be read, or it is cut off before its first frame"
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _FORMATS}


class Reader:
    """An open video file: an iterator over its video packets, and its decoder.

    Attributes:
        careful: decode without frame threads, slower: with them, frames before a damaged one at the end get lost.
        damaged: something could not be read or decoded since this was last set to False.

    Raises:
        InputError: the file is no video.
    """

    def __init__(self, path: Path, careful: bool = False) -> None:
        self.path = path
        self.careful = careful
        self.damaged = False
        self.rewind()

    def rewind(self) -> None:
        """Start again at the first packet. Opens the file anew: the one way that works with every container."""
        self.close()
        self.container = _open(self.path)
        self.stream = _video_stream(self.container, self.path)
        self.stream.thread_type = "SLICE" if self.careful else "AUTO"
        self._codec = self.stream.codec_context

    def close(self) -> None:
        if hasattr(self, "container"):
            self.container.close()

    def jump(self, time_stamp: int) -> bool:
        """Go to about a time stamp (in ticks of the stream), better before than after; False where that fails."""
        try:
            self.container.seek(time_stamp, stream=self.stream, backward=True)
        except av.FFmpegError:
            return False
        return True

    def packets(self) -> Iterator[Packet[Any]]:
        """The packets from here to the end of the file, or to where it cannot be read any more."""
        for _ in range(_RETRIES):
            try:
                for packet in self.container.demux(self.stream):
                    if packet.size:  # PyAV ends with an empty one; an empty chunk inside an AVI would end the decoding
                        yield packet
                return
            except BlockingIOError:  # nothing found in a stretch of rubbish; the next call looks further on
                self.damaged = True
            except av.FFmpegError:
                self.damaged = True
                return

    def decode(self, packet: Packet[Any] | None, number: int = -1) -> list[tuple[int, VideoFrame]]:
        """Decode a packet (None: what the decoder still holds); its frames come with the `number` of their packet.

        The number travels through the decoder as time stamp. (PyAV's `opaque` would carry any object, but freeing it
        in a decoder's thread needs the interpreter, which may be waiting for that very thread: it locked up.)
        """
        if packet is not None:
            packet.pts = packet.dts = number
        try:
            frames = self._codec.decode(packet)
        except av.FFmpegError:
            self.damaged = True
            return []
        return [(frame.pts, frame) for frame in frames if frame.pts is not None]


def _open(path: Path) -> InputContainer:
    try:
        # The prefix keeps a name like "concat:a|b" a name.
        return av.open(f"file:{path.absolute()}", options=dict(_OPTIONS), metadata_errors="replace")
    except FileNotFoundError:
        raise InputError(f"there is no file {path}; check the path") from None
    except PermissionError:
        raise InputError(f"{path} may not be read; check its permissions") from None
    except (av.FFmpegError, OSError, ValueError):
        raise InputError(_UNREADABLE.format(path)) from None


def _video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The first stream of pictures that is not just the cover of a sound file."""
    streams = [stream for stream in container.streams.video if Disposition.attached_pic not in stream.disposition]
    if streams and streams[0].codec_context is not None:
        return streams[0]
    sound = bool(container.streams.audio)
    container.close()
    if sound:
        raise InputError(f"{path} holds only sound; a video is needed")
    raise InputError(_UNREADABLE.format(path))
