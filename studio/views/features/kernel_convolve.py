"""What can be set of a convolution: its kernels, and what is done with their sums."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from studio.core.kernels.chain import MOST_KERNELS, Convolve
from studio.core.kernels.kernel import SIDES, TITLES, Kernel
from studio.views.features.kernel_bits import NumberBox, combo_box, count_box, form, row_of, tool_button
from studio.views.features.kernel_grid import KernelGrid
from studio.views.named import named

PADDINGS = (("reflect", "mirror"), ("zero", "zeros"), ("none", "none"))


class ConvolveFields(QWidget):
    """Kernels side by side, one of them in the grid, and what is done with their sums.

    Attributes:
        edited: emitted with the `Convolve` as it shall be.
        refused: emitted with a sentence about what cannot be.
    """

    edited = Signal(object)
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._step: Convolve | None = None
        self.grid = KernelGrid()
        self.which = combo_box("kernel.which")
        self.side = combo_box("kernel.side", [(side, f"{side} × {side}") for side in SIDES], 3)
        self.more = tool_button("kernel.more", "mdi6.plus", "Another kernel beside this one, with maps of its own")
        self.less = tool_button("kernel.less", "mdi6.minus", "Take this kernel away")
        self.scale, self.bias = NumberBox("kernel.scale"), NumberBox("kernel.bias")
        self.stride = count_box("kernel.stride", 1, 16)
        self.padding = combo_box("kernel.padding", PADDINGS)
        self.sum_maps = named(QCheckBox("Add the maps up"), "kernel.sum_maps")
        self.sum_maps.setToolTip(
            "Each kernel is laid over all maps and what it gives is added up: one map for each kernel"
        )
        self._lay_out()
        self.grid.edited.connect(self._on_kernel)
        self.grid.refused.connect(self.refused)
        self.which.activated.connect(lambda _: self._show_kernel())
        self.side.activated.connect(lambda _: self._on_kernel(self._kernel.resized(self.side.currentData())))
        self.more.clicked.connect(self._add)
        self.less.clicked.connect(self._remove)
        self.scale.valueChanged.connect(lambda value: self._on_field("scale", value))
        self.bias.valueChanged.connect(lambda value: self._on_field("bias", value))
        self.stride.valueChanged.connect(lambda value: self._on_field("stride", value))
        self.padding.activated.connect(lambda _: self._on_field("padding", self.padding.currentData()))
        self.sum_maps.clicked.connect(lambda checked: self._on_field("sum_maps", checked))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row_of(self.which, self.more, self.less, stretch=self.which))
        column.addWidget(self.grid)
        first = ("Size", self.side), ("Border", self.padding), ("Times", self.scale), ("Plus", self.bias)
        fields = form((*first, ("Stride", self.stride)), 2)
        fields.addWidget(self.sum_maps, 2, 2, 1, 2)
        column.addLayout(fields)

    def set_step(self, step: Convolve) -> None:
        known = self.which.currentIndex() if self._step is not None else 0
        grown = self._step is not None and len(step.kernels) == len(self._step.kernels) + 1
        self._step = step
        with (
            QSignalBlocker(self.scale), QSignalBlocker(self.bias), QSignalBlocker(self.stride),
            QSignalBlocker(self.which),
        ):  # fmt: skip
            self.which.clear()
            for number, kernel in enumerate(step.kernels, 1):
                title = kernel_title(kernel)
                self.which.addItem(title if len(step.kernels) == 1 else f"{number}/{len(step.kernels)} {title}")
            self.which.setCurrentIndex(len(step.kernels) - 1 if grown else min(max(known, 0), len(step.kernels) - 1))
            self.scale.setValue(step.scale)
            self.bias.setValue(step.bias)
            self.stride.setValue(step.stride)
        self.padding.setCurrentIndex(self.padding.findData(step.padding))
        self.sum_maps.setChecked(step.sum_maps)
        self.less.setEnabled(len(step.kernels) > 1)
        self.more.setEnabled(len(step.kernels) < MOST_KERNELS)
        self._show_kernel()

    def with_kernel(self, kernel: Kernel) -> Convolve | None:
        """The step with `kernel` in place of the one that is shown; None where no step is."""
        step, index = self._step, self.which.currentIndex()
        if step is None:
            return None
        return step.model_copy(update={"kernels": (*step.kernels[:index], kernel, *step.kernels[index + 1 :])})

    @property
    def _kernel(self) -> Kernel:
        assert self._step is not None
        return self._step.kernels[self.which.currentIndex()]

    def _show_kernel(self) -> None:
        self.grid.set_kernel(self._kernel)
        self.side.setCurrentIndex(self.side.findData(self._kernel.side))

    def _on_kernel(self, kernel: Kernel) -> None:
        if (step := self.with_kernel(kernel)) is not None and step != self._step:
            self.edited.emit(step)

    def _add(self) -> None:
        if self._step is not None:
            self.edited.emit(self._step.model_copy(update={"kernels": (*self._step.kernels, self._kernel)}))

    def _remove(self) -> None:
        step, index = self._step, self.which.currentIndex()
        if step is not None and len(step.kernels) > 1:
            self.edited.emit(step.model_copy(update={"kernels": step.kernels[:index] + step.kernels[index + 1 :]}))

    def _on_field(self, name: str, value: object) -> None:
        """Only this one changes: another may have more decimals than its box shows."""
        if self._step is not None:
            self.edited.emit(self._step.model_copy(update={name: value}))


def kernel_title(kernel: Kernel) -> str:
    """What a kernel is called: its preset's title, or its size."""
    return TITLES.get(kernel.name) or f"Own {kernel.side} × {kernel.side}"
