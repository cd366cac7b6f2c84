"""What can be set of a step."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from studio.core.kernels.chain import Clip, Convolve, Pool, Relu, Step
from studio.views.features.kernel_bits import NumberBox, combo_box, count_box, form
from studio.views.features.kernel_convolve import ConvolveFields

KINDS = (("max", "largest value"), ("average", "average"))


class StepFields(QWidget):
    """The fields of the chosen step, whatever its kind.

    Attributes:
        edited: emitted with the step as it shall be.
        refused: emitted with a sentence about what cannot be.
    """

    edited = Signal(object)
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.convolve, self.clip, self.pool = ConvolveFields(), ClipFields(), PoolFields()
        self._relu = QLabel("Values below zero become zero.", wordWrap=True)
        self._relu.setProperty("role", "dim")
        self._pages: dict[type, QWidget] = {
            Convolve: self.convolve, Clip: self.clip, Pool: self.pool, Relu: self._relu
        }  # fmt: skip
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for page in self._pages.values():
            column.addWidget(page)
        for fields in (self.convolve, self.clip, self.pool):
            fields.edited.connect(self.edited)
        self.convolve.refused.connect(self.refused)

    def set_step(self, step: Step) -> None:
        for kind, page in self._pages.items():
            page.setVisible(isinstance(step, kind))
        if isinstance(step, Convolve):
            self.convolve.set_step(step)
        elif isinstance(step, Clip):
            self.clip.set_step(step)
        elif isinstance(step, Pool):
            self.pool.set_step(step)


class ClipFields(QWidget):
    """The two ends of a `Clip`.

    Attributes:
        edited: emitted with the step as it shall be.
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.low, self.high = NumberBox("kernel.low"), NumberBox("kernel.high")
        self.setLayout(form((("From", self.low), ("To", self.high))))
        self.low.valueChanged.connect(self._on_field)
        self.high.valueChanged.connect(self._on_field)

    def set_step(self, step: Clip) -> None:
        with QSignalBlocker(self.low), QSignalBlocker(self.high):
            self.low.setValue(step.low)
            self.high.setValue(step.high)

    def _on_field(self, *_: object) -> None:
        low, high = self.low.value(), self.high.value()
        if low > high:  # the one that was moved takes the other along
            low, high = (low, low) if self.sender() is self.low else (high, high)
        self.edited.emit(Clip(low=low, high=high))


class PoolFields(QWidget):
    """What a `Pool` keeps of which squares.

    Attributes:
        edited: emitted with the step as it shall be.
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.kind = combo_box("kernel.kind", KINDS)
        self.size_, self.stride = count_box("kernel.pool_size", 2, 32), count_box("kernel.pool_stride", 1, 32)
        self.setLayout(form((("Keep", self.kind), ("Size", self.size_), ("Stride", self.stride))))
        self.kind.activated.connect(self._on_field)
        self.size_.valueChanged.connect(self._on_field)
        self.stride.valueChanged.connect(self._on_field)

    def set_step(self, step: Pool) -> None:
        with QSignalBlocker(self.size_), QSignalBlocker(self.stride):
            self.kind.setCurrentIndex(self.kind.findData(step.kind))
            self.size_.setValue(step.size)
            self.stride.setValue(step.stride or step.size)

    def _on_field(self, *_: object) -> None:
        size, stride = self.size_.value(), self.stride.value()
        own = stride if self.sender() is self.stride else None  # another size moves on by itself
        self.edited.emit(Pool(kind=self.kind.currentData(), size=size, stride=own))
