"""The numbers of a kernel, to be written."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHeaderView, QSizePolicy, QTableWidget, QTableWidgetItem

from studio.core.errors import InputError
from studio.core.kernels.kernel import Kernel, number_of, of_numbers, parse_kernel
from studio.views.features.numbers import short

WARM, COLD = QColor(232, 134, 60), QColor(70, 130, 220)  # above zero, below it
STRONGEST = 150  # opacity of the largest number's colour, 0…255


class KernelGrid(QTableWidget):
    """A cell for each number; fractions as 1/9 are understood. Copy and paste speak as the command line does.

    Attributes:
        edited: emitted with the `Kernel` that was written.
        refused: emitted with a sentence where what was written or pasted is no kernel.
    """

    edited = Signal(object)
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("kernel.grid")
        self.horizontalHeader().hide()
        self.verticalHeader().hide()
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setMinimumSectionSize(8)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Write numbers, or fractions as 1/9; Ctrl+C and Ctrl+V copy and paste the whole kernel")
        self._kernel: Kernel | None = None
        self.itemChanged.connect(self._on_item)

    def set_kernel(self, kernel: Kernel) -> None:
        """Show another kernel."""
        self._kernel = kernel
        with QSignalBlocker(self):
            self.setRowCount(kernel.side)
            self.setColumnCount(kernel.side)
            largest = max(abs(number) for row in kernel.root for number in row) or 1.0
            for row, numbers in enumerate(kernel.root):
                for column, number in enumerate(numbers):
                    self._show(row, column, number, largest)
        self.updateGeometry()

    def _show(self, row: int, column: int, number: float, largest: float) -> None:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            self.setItem(row, column, item)
        item.setText(short(number))
        color = QColor(WARM if number > 0 else COLD)
        color.setAlpha(round(STRONGEST * abs(number) / largest))
        item.setBackground(color)

    def _on_item(self, item: QTableWidgetItem) -> None:
        kernel = self._kernel
        if kernel is None or item.text() == short(kernel.root[item.row()][item.column()]):
            return
        numbers = [number for row in kernel.root for number in row]
        try:
            numbers[item.row() * kernel.side + item.column()] = number_of(item.text())
            changed = of_numbers(numbers)
        except (ValueError, InputError):
            self.refused.emit(f"{item.text()!r} is no number for a kernel; write 2, -0.5 or 1/9")
            self.set_kernel(kernel)
            return
        self.edited.emit(changed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        clipboard = QGuiApplication.clipboard()
        if event.matches(QKeySequence.StandardKey.Copy) and self._kernel is not None:
            clipboard.setText(" ".join(f"{number:.12g}" for row in self._kernel.root for number in row))
        elif event.matches(QKeySequence.StandardKey.Paste):
            try:
                self.edited.emit(parse_kernel(clipboard.text()))
            except InputError as error:
                self.refused.emit(str(error))
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        height = round(1.7 * self.fontMetrics().height())
        return QSize(200, self.rowCount() * height + 2 * self.frameWidth())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
