"""What item models of panels say beside Qt's own roles."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import Qt


class Role(IntEnum):
    """Roles of list models; a row delegate draws from them."""

    ID = Qt.ItemDataRole.UserRole + 1  # of the row in the project
    ICON = Qt.ItemDataRole.UserRole + 2  # a name for `studio.views.icons.icon`
    SIDE = Qt.ItemDataRole.UserRole + 3  # short text at the right, dim
    DIM = Qt.ItemDataRole.UserRole + 4  # whether the whole row is greyed
    PROBLEM = Qt.ItemDataRole.UserRole + 5  # a sentence, or None
    COLOR = Qt.ItemDataRole.UserRole + 6  # of a label, a QColor
    HERE = Qt.ItemDataRole.UserRole + 7  # whether it is there on the shown frame
    PICTURES = Qt.ItemDataRole.UserRole + 8  # small ones, a list of QPixmap; None: not yet made
