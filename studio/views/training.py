"""The training dock: what is learned from, the fit, the active head and how good it is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.state.session import ActiveHead, Taught
from studio.views.elided import ElidedLabel
from studio.views.empty import EmptyState
from studio.views.scroll import scrolling
from studio.views.training_scores import ScoresView

KERNELS = (("rbf", "RBF"), ("linear", "linear"))
LEARNING = (("live", "Live"), ("frozen", "Frozen"))
LIVE_HEAD = "live · follows the project"
EMPTY = (
    "Nothing to learn from yet",
    "Draw a box around a thing and press T: it is followed, and the head is fitted as soon as you stop.",
)


class TrainingView(QWidget):
    """The dock; its buttons are the actions of the table.

    Attributes:
        kernel_chosen: "rbf" or "linear".
        learning_chosen: "live" or "frozen".
        head_chosen: "live", or the name of a head.
        examples_wanted: those that the last fit learned from anew.
    """

    kernel_chosen = Signal(str)
    learning_chosen = Signal(str)
    head_chosen = Signal(str)
    examples_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._recipe, self._kernel = _combo("training.recipe"), _combo("training.kernel")
        self._learning, self._head = _combo("training.learning"), _combo("training.head")
        self._recipe.addItem("SVM head", "svm")
        _fill(self._kernel, KERNELS)
        _fill(self._learning, LEARNING)
        _fill(self._head, [("live", LIVE_HEAD)])
        self._learning.setToolTip("Live: the head learns every correction at once. Frozen: it stays as it is.")
        self._backbone = ElidedLabel()
        self._backbone.setObjectName("training.backbone")
        self._counts = QLabel(wordWrap=True)
        self._counts.setObjectName("training.counts")
        self._counts.setTextFormat(Qt.TextFormat.RichText)
        self._fit, self._once = FitButton(), ActionTool("training.once", text=True)
        self._tools = [ActionTool(f"training.{name}") for name in ("name", "export", "import")]
        self._busy = QProgressBar(textVisible=False)
        self._busy.setRange(0, 0)
        self._busy.setObjectName("training.busy")
        self._time = QLabel()
        self._time.setObjectName("training.time")
        self._time.setProperty("role", "dim")
        self.scores = ScoresView()
        self.scores.show_examples.clicked.connect(self.examples_wanted)
        self._empty = EmptyState("mdi6.school-outline", *EMPTY)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._full())
        self._kernel.activated.connect(lambda _: self.kernel_chosen.emit(self._kernel.currentData()))
        self._learning.activated.connect(lambda _: self.learning_chosen.emit(self._learning.currentData()))
        self._head.activated.connect(lambda _: self.head_chosen.emit(self._head.currentData()))
        self.set_fitting(False)

    def _full(self) -> QWidget:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(10)
        form = QGridLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(10)
        form.setVerticalSpacing(6)
        form.setColumnStretch(1, 1)
        fields = (("Recipe", self._recipe), ("Backbone", self._backbone), ("Kernel", self._kernel))
        for line, (title, field) in enumerate(fields):
            form.addWidget(_dim(title), line, 0)
            form.addWidget(field, line, 1)
        column.addLayout(form)
        column.addWidget(self._counts)
        column.addLayout(_row(self._fit, self._learning, self._once, stretch=self._fit))
        column.addWidget(self._busy)
        column.addWidget(self._time)
        column.addWidget(Divider())
        column.addLayout(_row(_dim("Head"), self._head, *self._tools, stretch=self._head))
        column.addWidget(self.scores)
        column.addStretch(1)
        return scrolling(inside)

    def set_actions(self, draw: QAction, fit: QAction, once: QAction, tools: Sequence[QAction]) -> None:
        """The actions behind the buttons: the first step, the fit, one update, and name, export, import."""
        self._empty.set_actions(draw)
        self._fit.set_action(fit)
        self._once.set_action(once)
        for button, action in zip(self._tools, tools, strict=True):
            button.set_action(action)

    def set_counts(self, counts: Sequence[tuple[str, str, int]]) -> None:
        """Name, colour and number of regions of each label; the panel is empty as long as there are none."""
        shown = [(name, color, count) for name, color, count in counts if count]
        self._stack.setCurrentIndex(1 if shown else 0)
        self._counts.setText(
            " &nbsp; ".join(
                f'<span style="color:{escape(color)}">■</span>&nbsp;{count:,}&nbsp;{escape(name)}'
                for name, color, count in shown
            )
        )

    def set_backbone(self, name: str) -> None:
        self._backbone.setText(name)

    def set_kernel(self, kernel: str) -> None:
        self._kernel.setCurrentIndex(self._kernel.findData(kernel))

    def set_learning(self, learning: str) -> None:
        """Show "live" or "frozen"; a single update makes sense only while frozen."""
        self._learning.setCurrentIndex(self._learning.findData(learning))
        self._once.setVisible(learning == "frozen")

    def set_heads(self, names: Sequence[str], active: str) -> None:
        """The heads there are beside the live one, and which is active."""
        _fill(self._head, [("live", LIVE_HEAD), *((name, name) for name in names)])
        self._head.setCurrentIndex(max(self._head.findData(active), 0))

    def set_fitting(self, fitting: bool) -> None:
        """Whether a fit goes on; the space of its bar stays, so that nothing jumps."""
        policy = self._busy.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._busy.setSizePolicy(policy)
        self._busy.setVisible(fitting)
        self._fit.set_busy(fitting)

    def set_head(self, head: ActiveHead | None) -> None:
        """What is known of the active head."""
        self.scores.set_head(head)
        self._time.setVisible(head is not None)
        if head is not None:
            self._time.setText(
                f"{head.positives:,} positive and {head.negatives:,} negative windows, fitted in {_spent(head.seconds)}"
            )
            self._time.setWordWrap(True)

    def set_taught(self, taught: Taught | None) -> None:
        self.scores.set_taught(taught)

    def minimumSizeHint(self) -> QSize:
        return QSize(20 * self.fontMetrics().averageCharWidth(), 8 * self.fontMetrics().height())


class FitButton(QPushButton):
    """The primary button; says its key."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("training.fit")
        self.setProperty("primary", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._action: QAction | None = None
        self._busy = False

    def set_action(self, action: QAction) -> None:
        self._action = action
        self.clicked.connect(action.trigger)
        action.changed.connect(self._show)
        self._show()

    def set_busy(self, busy: bool) -> None:
        self._busy = busy
        self._show()

    def _show(self) -> None:
        if self._action is None:
            return
        key = self._action.shortcut().toString()
        self.setText("Fitting…" if self._busy else f"Fit   {key}" if key else "Fit")
        self.setToolTip(self._action.toolTip())
        self.setEnabled(self._action.isEnabled())


class ActionTool(QToolButton):
    """A small button of an action: its icon, or its text where it has none."""

    def __init__(self, name: str, text: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self._text = text

    def set_action(self, action: QAction) -> None:
        self.setDefaultAction(action)
        style = Qt.ToolButtonStyle.ToolButtonTextOnly if self._text else Qt.ToolButtonStyle.ToolButtonIconOnly
        self.setToolButtonStyle(style)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            side = round(1.2 * self.fontMetrics().height())
            self.setIconSize(QSize(side, side))


class Divider(QWidget):
    """A quiet line between two sections."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Mid))


def _combo(name: str) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(6)  # long names elide
    return combo


def _fill(combo: QComboBox, items: Sequence[tuple[str, str]]) -> None:
    combo.clear()
    for data, text in items:
        combo.addItem(text, data)


def _row(*widgets: QWidget, stretch: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget, 1 if widget is stretch else 0)
    return row


def _dim(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "dim")
    return label


def _spent(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
