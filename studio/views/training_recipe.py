"""The parameters of a recipe as a form: its own first, those that all recipes have behind "More"."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.views.named import named
from studio.views.training_parts import ActionTool

if TYPE_CHECKING:
    from studio.core.recipes.recipe import FormField

AUGMENTED = "augmented"  # the parameter that has a preview
MOST_WHOLE = 2**31 - 1


class RecipeForm(QWidget):
    """What a recipe is, and a field for each of its parameters.

    Attributes:
        changed: emitted when the user changed a value.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._says = named(QLabel(wordWrap=True), "recipe.says")
        self._says.setProperty("role", "dim")
        self._problem = named(QLabel(wordWrap=True), "recipe.problem")
        self._problem.setProperty("role", "bad")
        self._problem.hide()
        self._more = named(QToolButton(), "recipe.more")
        self._more.setText("More")
        self._folded = True
        self._more.setToolTip("What all recipes have: data, optimizer, seed")
        self._more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._more.clicked.connect(lambda: self.set_folded(not self._folded))
        self._own, self._common = QWidget(), QWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self._says, self._own, self._more, self._common, self._problem):
            column.addWidget(widget)
        self._fields: dict[str, _Field] = {}
        self._values: dict[str, Any] = {}
        self._preview: QAction | None = None
        self._bounds: dict[str, FormField] = {}  # of numbers, which can be typed as anything
        self._folded_fields: list[FormField] = []  # that are made when somebody wants to see them: it takes a moment

    def set_preview(self, action: QAction) -> None:
        """The action that shows how crops are varied."""
        self._preview = action

    def set_recipe(self, says: str, fields: Sequence[FormField], values: Mapping[str, Any]) -> None:
        """Show a recipe; parameters that `values` does not name are as shipped."""
        self._says.setText(says)
        self._values = {field.name: values.get(field.name, field.default) for field in fields}
        self._fields = {}
        self._bounds = {field.name: field for field in fields if field.kind == "number"}
        own, self._folded_fields = ([field for field in fields if field.own is each] for each in (True, False))
        self._own = self._filled(self._own, own)
        self._common = self._filled(self._common, [])
        self._own.setVisible(bool(own))
        self._more.setVisible(bool(self._folded_fields))
        self.set_folded(self._folded)
        self.set_problem("")

    @property
    def values(self) -> dict[str, Any]:
        """What the fields say, by parameter."""
        return self._values | {name: field.read() for name, field in self._fields.items()}

    def check(self) -> bool:
        """Whether every number is one, and within its bounds; the first that is not is said, and asked for again."""
        for name, field in self._fields.items():
            if name in self._bounds and not _is_within(field.read(), self._bounds[name]):
                bounds = self._bounds[name]
                self.set_problem(f"{bounds.title}: a number from {bounds.least:g} to {bounds.most:g}")
                field.widget.setFocus(Qt.FocusReason.OtherFocusReason)
                return False
        return True

    def set_problem(self, sentence: str) -> None:
        """What is wrong with a value; "" for nothing."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))

    def _filled(self, old: QWidget, fields: Sequence[FormField]) -> QWidget:
        """A new page in the place of `old`."""
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for row, field in enumerate(fields):
            made = self._fields[field.name] = _field(field, self._values[field.name])
            made.connect(self._tell)
            title = QLabel(field.title)
            title.setProperty("role", "dim")
            title.setBuddy(made.widget)
            for widget in (title, made.widget):
                widget.setToolTip(_tip(field))
            grid.addWidget(title, row, 0)
            if field.name == AUGMENTED and self._preview is not None:
                grid.addLayout(_beside(made.widget, self._preview), row, 1)
            else:
                grid.addWidget(made.widget, row, 1)
        layout = self.layout()
        assert layout is not None
        layout.replaceWidget(old, page)
        old.hide()
        old.deleteLater()
        return page

    def set_folded(self, folded: bool) -> None:
        """Whether what all recipes have is hidden."""
        self._folded = folded
        if not folded and self._folded_fields:
            self._common = self._filled(self._common, self._folded_fields)
            self._folded_fields = []
        self._more.setArrowType(Qt.ArrowType.RightArrow if folded else Qt.ArrowType.DownArrow)
        self._common.setVisible(not folded and not self._more.isHidden())

    def _tell(self, *_: object) -> None:
        self.set_problem("")
        self.changed.emit()


class _Field(NamedTuple):
    widget: QWidget
    read: Callable[[], Any]
    connect: Callable[[Callable[..., None]], object]


def _field(field: FormField, value: Any) -> _Field:  # noqa: ANN401 - what a recipe's parameter is
    made = _MAKERS[field.kind](field, value)
    named(made.widget, f"recipe.{field.name}")
    return made


def _switch(field: FormField, value: Any) -> _Field:  # noqa: ANN401
    box = QCheckBox()
    box.setChecked(bool(value))
    return _Field(box, box.isChecked, box.toggled.connect)


def _whole(field: FormField, value: Any) -> _Field:  # noqa: ANN401
    box = _Spin()
    box.setRange(int(field.least or 0), min(int(field.most or MOST_WHOLE), MOST_WHOLE))
    box.setValue(int(value))
    return _Field(box, box.value, box.valueChanged.connect)


def _number(field: FormField, value: Any) -> _Field:  # noqa: ANN401
    line = QLineEdit(f"{value:g}")
    line.setValidator(_Number(line))
    return _Field(line, line.text, line.textEdited.connect)


def _choice(field: FormField, value: Any) -> _Field:  # noqa: ANN401
    combo = QComboBox()
    for choice in field.choices:
        combo.addItem(choice, choice)
    combo.setCurrentIndex(max(combo.findData(value), 0))
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(6)
    return _Field(combo, combo.currentData, combo.activated.connect)


def _text(field: FormField, value: Any) -> _Field:  # noqa: ANN401
    line = QLineEdit(str(value))
    return _Field(line, lambda: line.text().strip(), line.textEdited.connect)


_MAKERS: dict[str, Callable[[FormField, Any], _Field]] = {
    "switch": _switch,
    "whole": _whole,
    "number": _number,
    "choice": _choice,
    "text": _text,
}


class _Spin(QSpinBox):
    """Changes by the wheel only where it was clicked: a form is scrolled over its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lineEdit().setTextMargins(8, 0, 0, 0)  # as the other fields; the style sheet does not reach it

    def wheelEvent(self, event: Any) -> None:  # noqa: ANN401 - a QWheelEvent
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class _Number(QValidator):
    """Lets through what is, or can become, a number with a point: 0.001, 1e-4."""

    def validate(self, text: str, at: int) -> object:
        try:
            float(text)
        except ValueError:
            half = set(text) <= set("0123456789.e-+")
            return (QValidator.State.Intermediate if half else QValidator.State.Invalid), text, at
        return QValidator.State.Acceptable, text, at


def _beside(widget: QWidget, action: QAction) -> QHBoxLayout:
    """A field, and a small button after it."""
    tool = ActionTool("recipe.preview")
    tool.set_action(action)
    row = QHBoxLayout()
    row.addWidget(widget)
    row.addWidget(tool)
    row.addStretch(1)
    return row


def _is_within(text: str, field: FormField) -> bool:
    try:
        number = float(text)
    except ValueError:
        return False
    return (field.least is None or number >= field.least) and (field.most is None or number <= field.most)


def _tip(field: FormField) -> str:
    bounds = "" if field.kind not in ("whole", "number") else f" ({field.least:g} to {field.most:g})"
    return f"{field.says[:1].upper()}{field.says[1:]}{bounds}"
