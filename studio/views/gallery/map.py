"""Map: crops that look alike lie near each other; draw around some to select them."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from studio.views.elided import ElidedLabel
from studio.views.empty import EmptyState
from studio.views.gallery.map_coloring import ColorClass
from studio.views.gallery.map_plot import MapPlot
from studio.views.icons import icon
from studio.views.named import named

WAYS = {"label": "Label", "split": "Split", "doubt": "Doubt", "medium": "Medium"}
EMPTY = (
    "Crops that look alike, near each other",
    "A map shows what there is too much of, too little of, and what lies among the wrong ones. "
    "It takes three crops: draw a box on the video and follow it.",
)
_TIP = (
    "Draw around crops to select them; click for one, Shift adds, Ctrl adds or takes away.\n"
    "The wheel enlarges, the middle button moves; a double click goes to the crop's frame."
)
_LINES = 10  # of the legend, the rest is counted
_TIP_LINES = 60
_LONGEST = 26  # letters of a name in the legend


class MapView(QWidget):
    """The part.

    Attributes:
        plot: the map itself.
        by_changed: emitted with what the colours say by now, a key of `WAYS`.
        looked_at_changed: emitted with whether the part can be seen.
    """

    by_changed = Signal(str)
    looked_at_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.plot = MapPlot()
        self._by = named(QComboBox(), "map.by")
        for name, title in WAYS.items():
            self._by.addItem(title, name)
        self._by.setToolTip("What the colours say")
        self._fit = named(QToolButton(), "map.fit")
        self._fit.setIcon(icon("mdi6.fit-to-screen-outline"))
        self._fit.setToolTip("Show the whole map (F)")
        self._fit.setAutoRaise(True)
        self._help = named(QLabel(), "map.help")
        self._help.setPixmap(icon("mdi6.help-circle-outline").pixmap(QSize(16, 16)))
        self._help.setToolTip(_TIP)
        self._state = named(ElidedLabel(), "map.state")
        self._state.setProperty("role", "dim")
        self._legend = named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText), "map.legend")
        self._empty = EmptyState("mdi6.scatter-plot-outline", *EMPTY)
        self._pages = QStackedWidget()
        self._by.currentIndexChanged.connect(lambda _: self.by_changed.emit(self.by))
        self._fit.clicked.connect(lambda: self.plot.fit())
        self._compose()

    def set_looked_at(self, looked_at: bool) -> None:
        """Whether the part can be seen."""
        self.looked_at_changed.emit(looked_at)

    @property
    def by(self) -> str:
        """What the colours say: a key of `WAYS`."""
        return str(self._by.currentData())

    def set_empty(self, title: str, text: str) -> None:
        """There is no map, and why."""
        self._empty.set_text(title, text)
        self._pages.setCurrentIndex(0)

    def set_there(self) -> None:
        """There is a map: `plot` shows it."""
        self._pages.setCurrentIndex(1)

    def set_state(self, text: str) -> None:
        """A line about what goes on; "" for nothing."""
        self._state.setText(text)

    def set_legend(self, classes: Sequence[ColorClass]) -> None:
        """What the colours mean."""
        shown = [_line(each) for each in classes[:_LINES]]
        if len(classes) > _LINES:
            rest = sum(each.crops for each in classes[_LINES:])
            shown.append(f"and&nbsp;{len(classes) - _LINES}&nbsp;more:&nbsp;{rest:,}")
        self._legend.setText("&nbsp;&nbsp; ".join(shown))
        every = (f"{html.escape(each.name)}: {each.crops:,}" for each in classes[:_TIP_LINES])
        self._legend.setToolTip(f"<p>{'<br>'.join(every)}</p>")

    def _compose(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 8, 6)
        bar.addWidget(QLabel("Colour"))
        bar.addSpacing(4)
        bar.addWidget(self._by)
        bar.addSpacing(6)
        bar.addWidget(self._state, 1)
        bar.addWidget(self._help)
        bar.addWidget(self._fit)
        self._legend.setContentsMargins(8, 4, 8, 6)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.plot, 1)
        column.addWidget(self._legend)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._pages)


def _line(each: ColorClass) -> str:
    name = each.name if len(each.name) <= _LONGEST else f"{each.name[:16]}…{each.name[-9:]}"
    name = html.escape(name).replace(" ", "&nbsp;").replace("-", "&#8209;")
    return f'<span style="color:{each.color}">●</span>&nbsp;{name}&nbsp;{each.crops:,}'
