"""Dialogs for a place, a decision, a detail: opened without waiting, so that nothing stands still behind them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QWidget

from studio.state.board import Message

MOST_NUMBER = 10_000_000


def choose_path(
    parent: QWidget, name: str, title: str, start: Path, chosen: Callable[[Path], object], kind: str = "file"
) -> QFileDialog:
    """Ask for a path and call `chosen` with it.

    Args:
        parent: the window.
        name: object name of the dialog.
        title: what it asks.
        start: where it begins; for what is saved, with the name that it offers.
        chosen: is called with the path, if there is one.
        kind: "file" or "folder" that is there, or "new" for what is to be made.
    """
    dialog = QFileDialog(parent, title)
    dialog.setObjectName(name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if kind == "folder":
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    else:
        dialog.setFileMode(QFileDialog.FileMode.AnyFile if kind == "new" else QFileDialog.FileMode.ExistingFile)
    if kind == "new":
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # nothing is overwritten; a used name is refused
        dialog.setDirectory(str(start.parent))
        dialog.selectFile(start.name)
    else:
        dialog.setDirectory(str(start))
    dialog.fileSelected.connect(lambda text: chosen(Path(text)) if text else None)
    dialog.open()
    return dialog


def decide(
    parent: QWidget, name: str, question: str, more: str, details: str, yes: str, done: Callable[[], object]
) -> QMessageBox:
    """Ask whether to do something that is not safe; No is the default, and `done` is called for `yes`.

    The buttons are called NAME.yes and NAME.no.
    """
    box = QMessageBox(QMessageBox.Icon.Question, "Repurpose Studio", question, parent=parent)
    box.setObjectName(name)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(more)
    box.setDetailedText(details)
    agree = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    agree.setObjectName(f"{name}.yes")
    refuse = box.addButton("No", QMessageBox.ButtonRole.RejectRole)
    refuse.setObjectName(f"{name}.no")
    box.setDefaultButton(refuse)
    box.setEscapeButton(refuse)
    box.accepted.connect(done)
    box.open()
    return box


def show_details(parent: QWidget, message: Message) -> QMessageBox:
    """What else is known about a message, as text that can be copied."""
    box = QMessageBox(QMessageBox.Icon.Information, "Details", message.text, parent=parent)
    box.setObjectName("dialog.details")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(message.details)
    box.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    box.addButton(QMessageBox.StandardButton.Close).setObjectName("dialog.details.close")
    box.open()
    return box


def ask_number(
    parent: QWidget, name: str, title: str, question: str, value: int, chosen: Callable[[int], object]
) -> QInputDialog:
    """Ask for a number from 1, offering `value`, and call `chosen` with it."""
    dialog = QInputDialog(parent)
    dialog.setObjectName(name)
    dialog.setWindowTitle(title)
    dialog.setLabelText(question)
    dialog.setInputMode(QInputDialog.InputMode.IntInput)
    dialog.setIntRange(1, MOST_NUMBER)
    dialog.setIntValue(value)
    dialog.intValueSelected.connect(chosen)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog
