"""The kernel bench: a kernel or a chain of steps over the shown frame, and the arithmetic of every pixel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from studio.core.kernels.chain import Chain, Convolve, Step
from studio.core.kernels.kernel import PRESETS, TITLES, Kernel
from studio.views.elided import ElidedLabel
from studio.views.empty import EmptyState
from studio.views.features.kernel_bits import combo_box, row_of, tool_button
from studio.views.features.kernel_fields import StepFields
from studio.views.features.kernel_picture import MODES, KernelPicture
from studio.views.features.kernel_steps import StepList
from studio.views.features.kernel_sum import SumView
from studio.views.features.kernel_trial import TrialView
from studio.views.named import named
from studio.views.scroll import scrolling

COLORS = (("rgb", "Per channel"), ("grey", "Grey"))
EDGE = 12  # pixels at both sides
LOW = 440  # pixels of the panel's height
MOST_HEIGHT = 0.45  # of the panel, for the pictures
ARITHMETIC = (("saturating", "8 bit, saturating"), ("float", "Floating point"))
EMPTY = (
    "A kernel over the picture",
    "Open a medium: nine numbers are laid over every pixel of it here, and each sum can be looked at.",
)


class KernelView(QWidget):
    """Shows a chain and what it makes of the frame; all that the user does is a wish.

    Attributes:
        visible_changed: whether anybody can see it: nothing is computed for nobody.
        step_chosen: emitted with the number of a step, from 0.
        steps_wanted: emitted with a tuple of steps, and the number of the one that shall be chosen.
        color_wanted, arithmetic_wanted: emitted with a value of `Chain`'s field.
        chain_wanted: emitted with "shipped" or "own", and the name of a chain.
        save_wanted, delete_wanted: emitted with the name of an own chain.
        refused: emitted with a sentence about what was typed.
    """

    visible_changed = Signal(bool)
    step_chosen = Signal(int)
    steps_wanted = Signal(object, int)
    color_wanted = Signal(str)
    arithmetic_wanted = Signal(str)
    chain_wanted = Signal(str, str)
    save_wanted = Signal(str)
    delete_wanted = Signal(str)
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._chain: Chain | None = None
        self._chosen = 0
        self._own: tuple[str, ...] = ()
        self._shipped: tuple[str, ...] = ()
        self.picture, self.sums, self.steps = KernelPicture(), SumView(), StepList()
        self.fields, self.trial = StepFields(), TrialView()
        self.presets = named(QPushButton("Presets"), "kernel.presets")
        self.presets.setMenu(named(QMenu(self), "kernel.presets_menu"))
        self.mode, self.color = combo_box("kernel.mode", MODES, 5), combo_box("kernel.color", COLORS, 8)
        self.arithmetic = combo_box("kernel.arithmetic", ARITHMETIC, 5)
        self.note = named(ElidedLabel(), "kernel.note")
        self.note.setProperty("role", "dim")
        self.problem = named(QLabel(wordWrap=True), "kernel.problem")
        self.problem.setProperty("role", "bad")
        self.problem.hide()
        self.name = named(QLineEdit(placeholderText="Name…", maxLength=100), "kernel.name")
        self.save = tool_button("kernel.save", "mdi6.content-save-outline", "Keep these steps in the project")
        self.delete = tool_button("kernel.delete", "mdi6.trash-can-outline", "Delete the kernel of this name")
        self._top = QWidget()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(EmptyState("mdi6.grid", *EMPTY))
        self._stack.addWidget(self._full())
        self._connect()
        self.set_own((), ())

    def _full(self) -> QWidget:
        top = QVBoxLayout(self._top)
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(4)
        top.addWidget(self.picture)
        top.addWidget(self.note)
        top.addWidget(self.problem)
        full = QWidget()
        column = self._column = QVBoxLayout(full)
        column.setContentsMargins(EDGE, 8, EDGE, 8)
        column.setSpacing(6)
        column.addLayout(row_of(self.presets, self.mode, stretch=self.mode))
        column.addWidget(self._top)
        inside = QWidget()
        below = self._below = QVBoxLayout(inside)
        below.setContentsMargins(0, 0, 6, 0)
        below.setSpacing(8)
        for part in (self.sums, self.steps, self.fields):
            below.addWidget(part)
        below.addLayout(row_of(self.color, self.arithmetic, stretch=self.arithmetic))
        below.addLayout(row_of(self.name, self.save, self.delete, stretch=self.name))
        below.addWidget(self.trial)
        below.addStretch(1)
        column.addWidget(scrolling(inside), 1)
        return full

    def _connect(self) -> None:
        self.picture.reshaped.connect(self._fit_picture)
        self.steps.chosen.connect(self.step_chosen)
        self.steps.wanted.connect(self.steps_wanted)
        self.fields.edited.connect(self._on_step)
        self.fields.refused.connect(self.refused)
        self.mode.activated.connect(lambda _: self.picture.set_mode(self.mode.currentData()))
        self.color.activated.connect(lambda _: self.color_wanted.emit(self.color.currentData()))
        self.arithmetic.activated.connect(lambda _: self.arithmetic_wanted.emit(self.arithmetic.currentData()))
        self.name.textChanged.connect(lambda _: self._show_saving())
        self.name.returnPressed.connect(lambda: self.save.click())
        self.save.clicked.connect(lambda: self.save_wanted.emit(self.name.text().strip()))
        self.delete.clicked.connect(lambda: self.delete_wanted.emit(self.name.text().strip()))

    # What is shown ---------------------------------------------------------------------------------------------------

    def set_chain(self, chain: Chain, chosen: int) -> None:
        """Show `chain`, of which the step numbered `chosen` is looked at."""
        self._chain, self._chosen = chain, chosen
        self.steps.set_chain(chain, chosen)
        self.fields.set_step(chain.steps[chosen])
        self.color.setCurrentIndex(self.color.findData(chain.color))
        self.arithmetic.setCurrentIndex(self.arithmetic.findData(chain.arithmetic))

    def set_own(self, shipped: Sequence[str], own: Sequence[str]) -> None:
        """The chains that can be chosen: those of the program, and the project's own."""
        self._shipped, self._own = tuple(shipped), tuple(own)
        menu = self.presets.menu()
        menu.clear()
        for name in PRESETS:
            menu.addAction(TITLES[name]).triggered.connect(lambda _=False, name=name: self.put(PRESETS[name]))
        for kind, title, names in (("shipped", "Chains", self._shipped), ("own", "In this project", self._own)):
            if names:
                menu.addSection(title)
            for name in names:
                action = menu.addAction(name)
                action.triggered.connect(lambda _=False, kind=kind, name=name: self.chain_wanted.emit(kind, name))
        self._show_saving()

    def set_name(self, name: str) -> None:
        """The name under which the chain is kept, or was."""
        self.name.setText(name)

    def set_note(self, text: str) -> None:
        """A few words about the result."""
        self.note.setText(text)
        self._stack.setCurrentIndex(1)
        self.problem.hide()

    def set_empty(self) -> None:
        """There is no frame: say what to do."""
        self._stack.setCurrentIndex(0)

    def set_problem(self, text: str) -> None:
        """What is wrong with the steps or what was typed; "" for nothing."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def put(self, kernel: Kernel) -> None:
        """Wish for `kernel` in place of the one in the grid; where the step has none, for a step with it behind."""
        if self._chain is None:
            return
        if isinstance(self._chain.steps[self._chosen], Convolve):
            step = self.fields.convolve.with_kernel(kernel)
            assert step is not None
            self._on_step(step)
        else:
            self.steps.insert(Convolve(kernels=(kernel,)))

    def _on_step(self, step: Step) -> None:
        if self._chain is not None:
            steps = list(self._chain.steps)
            steps[self._chosen] = step
            self.steps_wanted.emit(tuple(steps), self._chosen)

    def _show_saving(self) -> None:
        name = self.name.text().strip()
        self.save.setEnabled(bool(name) and name not in self._own)
        self.delete.setEnabled(name in self._own)

    def minimumSizeHint(self) -> QSize:
        return QSize(20 * self.fontMetrics().averageCharWidth(), 8 * self.fontMetrics().height())

    def _fit_picture(self) -> None:
        """As high as the frame's shape asks for, and no more than leaves room for the rest."""
        low = self.height() < LOW
        if low != (self._below.indexOf(self._top) >= 0):  # it scrolls with the rest where it would leave a slit for it
            if low:
                self._below.insertWidget(0, self._top)
            else:
                self._column.insertWidget(1, self._top)
        width = self.width() - 2 * EDGE
        self.picture.setFixedHeight(min(self.picture.wanted_height(width), round(MOST_HEIGHT * self.height())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_picture()

    def showEvent(self, event: QEvent) -> None:
        self.visible_changed.emit(True)

    def hideEvent(self, event: QEvent) -> None:
        self.visible_changed.emit(False)
