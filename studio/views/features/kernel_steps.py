"""The steps of a chain: a list to choose from, to move, to add to."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.kernels.chain import Chain, Clip, Convolve, Pool, Relu, Step
from studio.core.kernels.kernel import PRESETS
from studio.views.features.kernel_bits import row_of, tool_button
from studio.views.features.kernel_convolve import kernel_title
from studio.views.features.numbers import written
from studio.views.named import named

MOST_ROWS = 6
NUMBER = Qt.ItemDataRole.UserRole


class StepList(QWidget):
    """Steps from first to last; the chosen one is what is shown, explained and edited.

    Attributes:
        chosen: emitted with the number of the step that was clicked, from 0.
        wanted: emitted with the steps as they shall be (a tuple) and the number of the one that shall be chosen.
    """

    chosen = Signal(int)
    wanted = Signal(object, int)

    def __init__(self) -> None:
        super().__init__()
        self._chain: Chain | None = None
        self.list = _Rows()
        self.list.currentRowChanged.connect(self._on_current)
        # Queued: the list is still at work on the drop, and is about to be filled anew.
        self.list.model().rowsMoved.connect(self._on_moved, Qt.ConnectionType.QueuedConnection)
        self.add = tool_button("kernel.add", "mdi6.plus", "Add a step behind this one")
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.add.setMenu(self._menu())
        self.up = tool_button("kernel.up", "mdi6.arrow-up", "Do this step earlier")
        self.down = tool_button("kernel.down", "mdi6.arrow-down", "Do this step later")
        self.remove = tool_button("kernel.remove", "mdi6.trash-can-outline", "Remove this step")
        self.up.clicked.connect(lambda: self._move(-1))
        self.down.clicked.connect(lambda: self._move(1))
        self.remove.clicked.connect(self._remove)
        title = QLabel("Steps")
        title.setProperty("role", "dim")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row_of(title, self.add, self.up, self.down, self.remove, stretch=title))
        column.addWidget(self.list)

    def _menu(self) -> QMenu:
        menu = named(QMenu(self), "kernel.add_menu")
        for title, make in (
            ("Convolution", lambda: Convolve(kernels=(PRESETS["identity"],))),
            ("ReLU", Relu),
            ("Clip", self._clip),
            ("Max pooling", lambda: Pool(kind="max")),
            ("Average pooling", lambda: Pool(kind="average")),
        ):
            menu.addAction(title).triggered.connect(lambda _=False, make=make: self.insert(make()))
        return menu

    def _clip(self) -> Clip:
        """From black to white."""
        return Clip(low=0, high=255 if self._chain is not None and self._chain.saturating else 1)

    def set_chain(self, chain: Chain, chosen: int) -> None:
        """Show the steps of `chain`, and which is chosen."""
        self._chain = chain
        with QSignalBlocker(self.list):  # not the model's: without them the rows are laid out nowhere
            while self.list.count() > len(chain.steps):
                self.list.takeItem(self.list.count() - 1)
            for number, step in enumerate(chain.steps):  # rows stay, so that one that is pressed can be dragged
                if number == self.list.count():
                    self.list.addItem(QListWidgetItem())
                item = self.list.item(number)
                item.setText(f"{number + 1}  {step_title(step)}")
                item.setData(NUMBER, number)
                item.setToolTip(step_title(step))
            self.list.setCurrentRow(chosen)
        self.list.updateGeometry()
        self.up.setEnabled(chosen > 0)
        self.down.setEnabled(chosen < len(chain.steps) - 1)
        self.remove.setEnabled(len(chain.steps) > 1)

    def insert(self, step: Step) -> None:
        """Wish for `step` behind the chosen one."""
        if self._chain is not None:
            at = self.list.currentRow() + 1
            self.wanted.emit((*self._chain.steps[:at], step, *self._chain.steps[at:]), at)

    def _on_current(self, row: int) -> None:
        if row >= 0:
            self.chosen.emit(row)

    def _on_moved(self, *_: object) -> None:
        """A row was dragged; the list is in the new order already."""
        if self._chain is not None:
            order = [self.list.item(row).data(NUMBER) for row in range(self.list.count())]
            self.wanted.emit(tuple(self._chain.steps[number] for number in order), self.list.currentRow())

    def _move(self, by: int) -> None:
        if self._chain is not None:
            steps, row = list(self._chain.steps), self.list.currentRow()
            steps.insert(row + by, steps.pop(row))
            self.wanted.emit(tuple(steps), row + by)

    def _remove(self) -> None:
        if self._chain is not None:
            row = self.list.currentRow()
            steps = self._chain.steps[:row] + self._chain.steps[row + 1 :]
            self.wanted.emit(steps, min(row, len(steps) - 1))


class _Rows(QListWidget):
    """As high as its rows, within limits; rows can be dragged."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("kernel.steps")
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        row = max(self.sizeHintForRow(0), round(1.6 * self.fontMetrics().height()))
        return QSize(160, min(max(self.count(), 1), MOST_ROWS) * row + 2 * self.frameWidth())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())


def step_title(step: Step) -> str:
    """ "Sobel H", "4 kernels added up · × 3 − 1", "Clip 0…1"."""
    if isinstance(step, Convolve):
        return _convolve_title(step)
    if isinstance(step, Clip):
        return f"Clip {written(step.low)}…{written(step.high)}"
    if isinstance(step, Pool):
        stride = f" · stride {step.stride}" if step.stride not in (None, step.size) else ""
        return f"{'Max' if step.kind == 'max' else 'Average'} pooling {step.size} × {step.size}{stride}"
    return "ReLU"


def _convolve_title(step: Convolve) -> str:
    count = len(step.kernels)
    parts = [kernel_title(step.kernels[0]) if count == 1 else f"{count} kernels"]
    if step.sum_maps:
        parts.append("maps added up")
    if (step.scale, step.bias) != (1, 0):
        parts.append(f"× {written(step.scale)}{signed(step.bias)}")
    if step.stride > 1:
        parts.append(f"stride {step.stride}")
    return " · ".join(parts)


def signed(number: float) -> str:
    """ " + 2", " − 1", or nothing for 0: as it is added in a formula."""
    return f" {'+' if number > 0 else '−'} {written(abs(number))}" if number else ""
