"""What the signs on the crops mean, as a menu that is only read."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from studio.views.gallery.badges import (
    DOUBT,
    DUPLICATE,
    KEYFRAME,
    REVIEWED,
    SOURCES,
    SPLIT_LETTERS,
    STATES,
    badge_picture,
)
from studio.views.gallery.squares import square
from studio.views.icons import icon
from studio.views.named import named
from studio.views.theme import SPLIT_COLORS

_SIDE = 18  # pixels of a sign


def legend_button() -> QToolButton:
    """A button that shows the legend below it."""
    button = named(QToolButton(autoRaise=True), "gallery.legend")
    button.setIcon(icon("mdi6.information-outline"))
    button.setToolTip("What the signs on the crops mean")
    button.setAccessibleName(button.toolTip())
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setMenu(Legend(button))
    return button


class Legend(QMenu):
    """Filled when it is shown first."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        if self.isEmpty():
            for picture, text in self._lines():
                self.addAction(picture, text)

    def _lines(self) -> Iterator[tuple[QIcon, str]]:
        yield icon("mdi6.minus-thick"), "the bar below: the colour of the label, with its key or name"
        yield icon("mdi6.numeric"), "the number: the score"
        for split, color in SPLIT_COLORS.items():
            yield square(color), f"{split}: the split, {SPLIT_LETTERS[split]} where the room is short"
        ratio = self.devicePixelRatioF()
        for badge in (DOUBT, REVIEWED, *STATES.values(), DUPLICATE, KEYFRAME, *SOURCES.values()):
            yield QIcon(badge_picture(badge, _SIDE, ratio)), badge.says
