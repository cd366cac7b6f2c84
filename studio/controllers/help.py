"""The palette, the sheet of keys, what this program is, and the details of a message."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from studio import __version__
from studio.controllers.program import Program
from studio.core.cards import BackboneCard, read_card
from studio.core.errors import StudioError
from studio.core.paths import MODELS
from studio.state.board import Message
from studio.views.actions import Actions
from studio.views.dialogs import show_details

PARTS = (
    "PySide6-Essentials", "pyqtgraph", "qtawesome", "qimage2ndarray", "numpy",
    "opencv-contrib-python-headless",
    "av", "torch", "torchvision", "scikit-learn", "scipy", "openTSNE", "captum", "safetensors", "pydantic", "onnx",
    "pillow", "PyYAML",
)  # fmt: skip


class Help(QObject):
    """Dialogs are imported when first opened."""

    def __init__(self, program: Program) -> None:
        super().__init__(program.window)
        self._program, self._window = program, program.window
        self._window.status.details_wanted.connect(self._show_details)

    def connect_actions(self, actions: Actions) -> None:
        actions["app.palette"].triggered.connect(self._open_palette)
        actions["help.keys"].triggered.connect(self._open_cheat_sheet)
        actions["help.about"].triggered.connect(self._open_about)

    def close(self) -> None:
        """It holds nothing."""

    def _open_palette(self) -> None:
        from studio.views.palette import Palette, commands

        palette = Palette(self._window, commands(self._window.actions_by_id))
        palette.chosen.connect(self._do)
        palette.open()

    def _do(self, name: str) -> None:
        # Later, so that the focus is back where it was: some commands ask where it is.
        QTimer.singleShot(0, self._window.actions_by_id[name].trigger)

    def _open_cheat_sheet(self) -> None:
        from studio.views.cheat_sheet import CheatSheet, key_lines

        CheatSheet(self._window, key_lines(self._window.actions_by_id)).open()

    def _open_about(self) -> None:
        from studio.views.about import About

        About(self._window, __version__, licences()).open()

    def _show_details(self, message: Message) -> None:
        show_details(self._window, message)


def licences() -> str:
    """A line for each network that is bundled and each library that is used; then the notice."""
    lines = ["Networks in this program", ""]
    for folder in sorted(MODELS.iterdir()):
        try:
            card = read_card(folder / "card.json", BackboneCard)
            lines.append(f"{card.name}: {card.licence}")
        except (StudioError, OSError):
            continue
    lines += ["", "Libraries", ""]
    lines += [f"{name} {version(name)}: {_licence(name)}" for name in PARTS if _installed(name)]
    notice = _notice()
    return "\n".join(lines + (["", notice] if notice else []))


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _licence(name: str) -> str:
    """As its own metadata has it, in a few words."""
    facts = metadata(name)
    classified = [line.split(" :: ")[-1] for line in facts.get_all("Classifier") or () if line.startswith("License ::")]
    said = [facts[name].strip() for name in ("License-Expression", "License") if facts[name]]
    text = said[0].splitlines()[0] if said and said[0] else ""
    return text if text and len(text) < 80 else ", ".join(classified) or "see its own files"


def _notice() -> str:
    try:
        return Path(MODELS.parent, "NOTICE").read_text(encoding="utf-8")
    except OSError:
        return ""
