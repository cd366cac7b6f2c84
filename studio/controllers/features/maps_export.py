"""What the maps part shows, as files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from studio.controllers.context import Context
from studio.controllers.features.maps_work import Answer, save
from studio.core.feature_files import file_name
from studio.state.jobs import Job
from studio.views.dialogs import choose_path


def export(context: Context, answer: Answer) -> None:
    """Ask for a folder and write the shown page, the stages and all values of the layer into it."""
    start = context.project.folder / "exports"
    start = start if start.is_dir() else context.project.folder
    write = partial(_write, context, answer)
    choose_path(context.window, "maps.folder", "Write the feature maps into this folder", start, write, "folder")


def _write(context: Context, answer: Answer, folder: Path) -> None:
    medium = context.session.medium
    name = Path(medium.name).stem if medium is not None and medium.id == answer.asked.shown.medium else "frame"
    page = f"-page{answer.page + 1}" if answer.pages > 1 else ""
    job = Job(
        "writing the feature maps",
        save,
        answer,
        folder,
        f"{file_name(name)}-{answer.asked.shown.number:06}-{file_name(answer.maps.layer)}{page}",
    )
    job.succeeded.connect(partial(_say, context))
    context.board.run(context.lanes.disk, job)


def _say(context: Context, written: list[Path]) -> None:
    context.board.say(f"Written to {written[0].parent}: {', '.join(path.name for path in written)}", "good")
