"""The training dock: what is learned from, the fit, the active head and how good it is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from studio.state.session import ActiveHead, Taught
from studio.views.elided import ElidedLabel
from studio.views.empty import EmptyState
from studio.views.named import named
from studio.views.scroll import scrolling
from studio.views.training_parts import ActionTool, Divider, FitButton, MoreTool
from studio.views.training_recipe import RecipeForm
from studio.views.training_run import RunPanel
from studio.views.training_scores import ScoresView

KERNELS = (("rbf", "RBF"), ("linear", "linear"))
LEARNING = (("live", "Live"), ("frozen", "Frozen"))
FITTED = "svm"  # the recipe of the head that the window fits by itself
LIVE_HEAD = "live · follows the project"
AS_RUN = "An SVM on the gallery's splits, judged on crops that it did not see: a run to compare the others with"
EMPTY = (
    "Nothing to learn from yet",
    "Draw a box around a thing and press T: it is followed, and the head is fitted as soon as you stop.",
)


class TrainingView(QWidget):
    """The dock; its buttons are the actions of the table.

    Attributes:
        form, run, scores: its larger parts: parameters of a recipe, the run that goes on, scores of the active head.
        recipe_chosen: name of a recipe.
        train_wanted: begin a run of it.
        kernel_chosen: "rbf" or "linear".
        learning_chosen: "live" or "frozen".
        head_chosen: "live", or the name of a head.
        examples_wanted: those that the last fit learned from anew.
    """

    recipe_chosen = Signal(str)
    train_wanted = Signal()
    kernel_chosen = Signal(str)
    learning_chosen = Signal(str)
    head_chosen = Signal(str)
    examples_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._fits, self._fitting = True, False
        self._recipe, self._kernel = _combo("training.recipe"), _combo("training.kernel")
        self._learning, self._head = _combo("training.learning"), _combo("training.head")
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
        self._more = MoreTool("training.more", "Rename or delete the head")
        self._busy = QProgressBar(textVisible=False)
        self._busy.setRange(0, 0)
        self._busy.setObjectName("training.busy")
        self._time = QLabel(wordWrap=True)
        self._time.setObjectName("training.time")
        self._time.setProperty("role", "dim")
        self.form, self.run = RecipeForm(), RunPanel()
        self._train = named(QPushButton("Train"), "training.train")
        self._train.setProperty("primary", True)
        self._train.clicked.connect(self._on_train)
        self._as_run = named(QPushButton("Train as a run"), "training.as_run")
        self._as_run.setToolTip(AS_RUN)
        self._as_run.clicked.connect(self.train_wanted)
        self.scores = ScoresView()
        self.scores.show_examples.clicked.connect(self.examples_wanted)
        self._empty = EmptyState("mdi6.school-outline", *EMPTY)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._compose()
        self._recipe.activated.connect(lambda _: self.recipe_chosen.emit(self._recipe.currentData()))
        self._kernel.activated.connect(lambda _: self.kernel_chosen.emit(self._kernel.currentData()))
        self._learning.activated.connect(lambda _: self.learning_chosen.emit(self._learning.currentData()))
        self._head.activated.connect(lambda _: self.head_chosen.emit(self._head.currentData()))
        self.set_fitting(False)

    def _compose(self) -> None:
        """From outside inwards: whatever gets another parent is looked up in the style sheet again, with all in it."""
        inside = QWidget()
        self._stack.addWidget(scrolling(inside))
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(10)
        form = QGridLayout()
        column.addLayout(form)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(10)
        form.setVerticalSpacing(6)
        form.setColumnStretch(1, 1)
        fields = (("Recipe", self._recipe), ("Backbone", self._backbone), ("Kernel", self._kernel))
        titles = [_dim(title) for title, _ in fields]
        for line, (title, (_, field)) in enumerate(zip(titles, fields, strict=True)):
            form.addWidget(title, line, 0)
            form.addWidget(field, line, 1)
        self._of_backbone: tuple[QWidget, ...] = (titles[1], self._backbone)
        self._of_fit: tuple[QWidget, ...] = (
            titles[2], self._kernel, self._fit, self._learning, self._busy, self._as_run,
        )  # fmt: skip
        self._of_run: tuple[QWidget, ...] = (self.form, self._train)
        column.addWidget(self._counts)
        column.addWidget(self.form)
        column.addWidget(self._train)
        column.addLayout(_row(self._fit, self._learning, self._once, stretch=self._fit))
        column.addWidget(self._as_run, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._busy)
        column.addWidget(self.run)
        column.addWidget(Divider())
        tools = _row(*self._tools, self._more, stretch=self._more)
        tools.setSpacing(0)  # else there is no room for them in a narrow dock
        heads = _row(_dim("Head"), self._head, stretch=self._head)
        column.addLayout(heads)
        heads.addLayout(tools)
        column.addWidget(self.scores)
        column.addWidget(self._time)
        column.addStretch(1)

    def set_actions(
        self, draw: QAction, fit: QAction, once: QAction, tools: Sequence[QAction], more: Sequence[QAction]
    ) -> None:
        """The actions behind the buttons: the first step, the fit, one update, name, export, import; and in a menu."""
        self._empty.set_actions(draw)
        self._fit.set_action(fit)
        self._once.set_action(once)
        for button, action in zip(self._tools, tools, strict=True):
            button.set_action(action)
        self._more.set_actions(more)

    def set_recipes(self, recipes: Sequence[tuple[str, str]]) -> None:
        """Names and titles of the recipes there are."""
        _fill(self._recipe, recipes)

    def set_recipe(self, name: str, backbone: bool) -> None:
        """Which recipe is chosen, and whether it stands on a backbone; the SVM head is fitted, others are run."""
        self._recipe.setCurrentIndex(self._recipe.findData(name))
        self._fits = name == FITTED
        for widget in self._of_backbone:
            widget.setVisible(backbone)
        for widget in self._of_fit:
            widget.setVisible(self._fits)
        for widget in self._of_run:
            widget.setVisible(not self._fits)
        self.set_learning(self._learning.currentData())
        self.set_fitting(self._fitting)

    def set_training(self, running: bool, why_not: str = "") -> None:
        """Whether a run goes on, and why none can begin; "" where one can."""
        self._train.setText("Training…" if running else "Train")
        self._train.setEnabled(not running and not why_not)
        self._train.setToolTip(why_not)
        self._as_run.setEnabled(not running and not why_not)

    def set_counts(self, counts: Sequence[tuple[str, str, int]]) -> None:
        """Name, colour and number of regions of each label; the panel is empty as long as there are none."""
        shown = [(name, color, count) for name, color, count in counts if count]
        self._stack.setCurrentIndex(1 if shown else 0)
        self._counts.setText(
            "&nbsp;&nbsp; ".join(
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
        self._once.setVisible(self._fits and learning == "frozen")

    def set_heads(self, names: Sequence[str], active: str) -> None:
        """The heads there are beside the live one, and which is active."""
        _fill(self._head, [("live", LIVE_HEAD), *((name, name) for name in names)])
        self._head.setCurrentIndex(max(self._head.findData(active), 0))

    def set_fitting(self, fitting: bool) -> None:
        """Whether a fit goes on; the space of its bar stays, so that nothing jumps."""
        self._fitting = fitting
        policy = self._busy.sizePolicy()
        policy.setRetainSizeWhenHidden(self._fits)
        self._busy.setSizePolicy(policy)
        self._busy.setVisible(fitting and self._fits)
        self._fit.set_busy(fitting)

    def set_head(self, head: ActiveHead | None) -> None:
        """What is known of the active head."""
        self.scores.set_head(head)
        self._time.setVisible(head is not None)
        if head is not None:
            windows = f"{head.positives:,} positive and {head.negatives:,} negative windows, fitted"
            trained = "The network as it is, taken" if head.recipe == "as-is" else "Trained by a recipe"
            how = windows if head.positives else trained
            self._time.setText(f"{how} in {_spent(head.seconds)}")

    def set_taught(self, taught: Taught | None) -> None:
        self.scores.set_taught(taught)

    def _on_train(self) -> None:
        if self.form.check():
            self.train_wanted.emit()

    def minimumSizeHint(self) -> QSize:
        return QSize(20 * self.fontMetrics().averageCharWidth(), 8 * self.fontMetrics().height())


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
    if seconds >= 120:
        return f"{seconds / 60:.0f} min"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
