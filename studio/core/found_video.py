"""What was found in a medium, drawn on its frames: an MP4 file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from studio.core.clip_found import FoundInMedium, by_frame, refuse_used
from studio.core.control import Control
from studio.core.detections import Detections
from studio.core.detections_file import DetectionsHeader
from studio.core.errors import InputError
from studio.core.found_files import FoundFiles
from studio.core.media.opening import open_medium
from studio.core.project import Project
from studio.core.project.media import locate

SUFFIX = ".mp4"


def render_found(
    project: Project, found: FoundInMedium, path: Path, colors: Mapping[str, str], control: Control
) -> Path:
    """Write the searched frames with the counted tracks drawn on them; cancelled, nothing is left.

    Args:
        project: where the medium belongs to.
        found: in one medium.
        path: the file to be made.
        colors: "#rrggbb" by label name; labels that are missing get one.
        control: told about each frame.

    Raises:
        InputError: the file is there already or no MP4, or the medium cannot be read.
        OSError: a disk that is full, for instance; what is written is kept then.
    """
    if path.suffix.lower() != SUFFIX:
        raise InputError(f"a video is written as MP4, so {path.name} must end in {SUFFIX}")
    refuse_used(path)
    report = found.report
    at = {frame: detections for frame, _, detections, _ in by_frame(report.tracks)}
    header = DetectionsHeader("", "", report.source, "", report.labels)
    with (
        open_medium(locate(project, found.medium), project.cache) as medium,
        FoundFiles(header, medium.rate, render=path, colors=colors) as files,
    ):
        for frame, picture in medium.frames(found.first, found.last):
            control.progress((frame - found.first) / report.frames, f"frame {frame}")
            files.write(frame, medium.time(frame), picture, at.get(frame, Detections()), None)
    return path
