"""Icons in the colour of the text around them: drawn when shown, so that they follow the theme and cost no start."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QIcon,
    QIconEngine,
    QPainter,
    QPainterPath,
    QPalette,
    QPixmap,
    QPixmapCache,
    QRawFont,
)
from PySide6.QtWidgets import QApplication

EM = 512  # pixels: glyphs are taken at this size and scaled
FONT = "materialdesignicons6-webfont"


def icon(name: str, color: str | None = None) -> QIcon:
    """The Material Design icon `name` ("mdi6.play"), in `color` ("#rrggbb") or the text's of the current theme.

    Raises:
        KeyError: there is no such icon.
    """
    glyph = name.removeprefix("mdi6.")
    glyphs()[glyph]  # here and not when it is drawn, where an exception would end the program
    return QIcon(_Engine(glyph, color))


@lru_cache(maxsize=1)
def glyphs() -> dict[str, str]:
    """The character of each icon, by its name without "mdi6."."""
    (file,) = _fonts().glob(f"{FONT}-charmap-*.json")
    return {name: chr(int(code, 16)) for name, code in json.loads(file.read_text()).items()}


def _fonts() -> Path:
    """The folder of qtawesome's fonts; importing it would load all twelve of them, a third of a second."""
    found = find_spec("qtawesome")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "fonts"


@lru_cache(maxsize=1)
def _font() -> QRawFont:
    (file,) = _fonts().glob(f"{FONT}-*.ttf")
    return QRawFont(str(file), EM, QFont.HintingPreference.PreferNoHinting)


@lru_cache(maxsize=512)
def _path(name: str) -> QPainterPath:
    """The outline of an icon in a square of `EM`, its middle at 0, 0."""
    font = _font()
    (glyph,) = font.glyphIndexesForString(glyphs()[name])
    path = font.pathForGlyph(glyph)
    (advance,) = font.advancesForGlyphIndexes([glyph])
    path.translate(QPointF(-advance.x() / 2, (font.ascent() - font.descent()) / 2))
    path.setFillRule(Qt.FillRule.WindingFill)
    return path


class _Engine(QIconEngine):
    """Draws a glyph; `color` None means that of the text, the accent where the action is on."""

    def __init__(self, name: str, color: str | None) -> None:
        super().__init__()
        self._name, self._color = name, color

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        path = _path(self._name)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(rect.x() + rect.width() / 2, rect.y() + rect.height() / 2)
        side = min(rect.width(), rect.height())
        painter.scale(side / EM, side / EM)
        painter.fillPath(path, self._colour(mode, state))
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        """`size` is in device pixels."""
        key = f"{self._name} {self._colour(mode, state).name()} {size.width()} {size.height()} {scale}"
        pixmap = QPixmap()
        if not QPixmapCache.find(key, pixmap):
            pixmap = QPixmap(size)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
            painter.end()
            QPixmapCache.insert(key, pixmap)
        return pixmap

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._color)

    def _colour(self, mode: QIcon.Mode, state: QIcon.State) -> QColor:
        palette, role = QApplication.palette(), QPalette.ColorRole.WindowText
        if mode == QIcon.Mode.Disabled:
            return palette.color(QPalette.ColorGroup.Disabled, role)
        if self._color is not None:
            return QColor(self._color)
        if mode == QIcon.Mode.Selected:
            return palette.color(QPalette.ColorRole.HighlightedText)
        return palette.color(QPalette.ColorRole.Accent if state == QIcon.State.On else role)
