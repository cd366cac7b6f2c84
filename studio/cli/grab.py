"""A picture of the real window on a project whose head is at work: `python -m studio.cli.grab PROJECT PNG`.

A process of its own, so that the command line needs no Qt; with the user's folders in a temporary place, so that
nothing of the user's own window is in the picture, or changed by it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from studio.core.project import Project
from studio.core.project.approvals import approve
from studio.core.project.media import outside

SIZE = (1600, 960)
SHOWN_FRAME = 240
LOOK_EVERY, SETTLES, MOST_WAIT = 50, 1500, 180_000  # milliseconds


def grab_window(project: Path, picture: Path) -> bool:
    """Write `picture`, a PNG, off-screen in a process of its own; False where that did not work."""
    with tempfile.TemporaryDirectory(prefix="studio-window-") as home:
        chosen = {"QT_QPA_PLATFORM": "offscreen", "STUDIO_CACHE": home}
        words = [sys.executable, "-m", "studio.cli.grab", str(project), str(picture)]
        done = subprocess.run(words, env=os.environ | chosen, capture_output=True, timeout=2 * MOST_WAIT / 1000)
    return done.returncode == 0 and picture.is_file()


def main(project: Path, picture: Path) -> int:
    """The process: open, go to a frame, switch live detection on, and take the picture when its boxes are drawn."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from studio.app import Studio
    from studio.core.settings import Settings

    with Project.open(project) as opened:
        for row, path in outside(opened):  # the caller's own project
            approve(opened.id, opened.folder, row.size, row.sha256, path)
    application = QApplication(["studio"])
    studio = Studio(application, Settings(theme="dark"))
    studio.window.resize(*SIZE)
    studio.window.show()
    if not studio.open(project) or studio.context is None:
        return 1
    session, actions = studio.context.session, studio.context.actions

    def look() -> None:
        result = session.result
        if session.medium is not None and not session.live:
            session.frame = min(SHOWN_FRAME, session.last_frame)
            actions["detect.live"].trigger()
        elif result is not None and result.frame.number == session.frame:
            timer.stop()
            QTimer.singleShot(SETTLES, take)

    def take() -> None:
        studio.window.grab().save(str(picture))
        studio.window.close()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(LOOK_EVERY)
    QTimer.singleShot(MOST_WAIT, take)
    return application.exec()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
