"""Icons in the colour of the text around them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import QApplication


def icon(name: str, color: str | None = None) -> QIcon:
    """The Material Design icon `name` ("mdi6.play"), in `color` ("#rrggbb") or the text's."""
    palette = QApplication.palette()
    text = palette.color(QPalette.ColorRole.WindowText).name()
    dim = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText).name()
    return _icon(name, color or text, dim)


@lru_cache(maxsize=512)
def _icon(name: str, color: str, disabled: str) -> QIcon:
    import qtawesome  # reads its fonts when imported

    made: Any = qtawesome.icon(name, color=color, color_disabled=disabled)
    return QIcon(made)
