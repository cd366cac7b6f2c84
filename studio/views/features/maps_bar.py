"""What chooses how feature maps are shown: layer, order, scale, page, what lies over the video."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLabel, QSlider, QToolButton, QVBoxLayout, QWidget

from studio.views.elided import ElidedCombo
from studio.views.icons import icon
from studio.views.named import named

ORDERS = (("number", "By number"), ("mean", "Mean"), ("maximum", "Maximum"), ("variance", "Variance"))
SCALES = (("channel", "Each channel"), ("layer", "Whole layer"), ("fixed", "Fixed"))
COUNTS = "counts:"
WIDEST_LIST = 480  # pixels


class MapsBar(QWidget):
    """The choosers. `set_*` change them without a signal.

    Attributes:
        layer_wanted: emitted with the name of a layer.
        order_wanted: with "number", "mean", "maximum", "variance" or "counts:LABEL".
        scale_wanted: with "channel", "layer" or "fixed".
        fixed_wanted: with the value that the last colour stands for.
        turned: with −1 or 1: another page is wanted.
        over_wanted: with whether the chosen channel lies over the video.
        opacity_wanted: with 0…1.
        strip_wanted: with whether all stages are shown.
        export_wanted: what is shown should be written to files.
    """

    layer_wanted = Signal(str)
    order_wanted = Signal(str)
    scale_wanted = Signal(str)
    fixed_wanted = Signal(float)
    turned = Signal(int)
    over_wanted = Signal(bool)
    opacity_wanted = Signal(float)
    strip_wanted = Signal(bool)
    export_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self._layers = _combo("maps.layer", "The layer whose maps are shown.")
        self._order = _combo("maps.order", "Which channels come first. While the video plays the order stays.")
        self._scale = _combo("maps.scale", "What the brightest colour stands for.")
        for key, text in SCALES:
            self._scale.addItem(text, key)
        self._fixed = named(QDoubleSpinBox(), "maps.fixed")
        self._fixed.setRange(0.001, 100_000)
        self._fixed.setDecimals(3)
        self._fixed.setPrefix("brightest at ")
        self._fixed.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self._fixed.setToolTip("The value that gets the brightest colour.")
        self._fixed.setKeyboardTracking(False)
        self._fixed.hide()
        self._over = _button("maps.over", "mdi6.layers-outline", "Lay the chosen channel over the video", True)
        self._opacity = named(QSlider(Qt.Orientation.Horizontal), "maps.opacity")
        self._opacity.setRange(0, 100)
        policy = self._opacity.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # what is beside it stays where it is
        self._opacity.setSizePolicy(policy)
        self._opacity.setToolTip("How opaque the channel lies over the video.")
        self._strip = _button(
            "maps.stages", "mdi6.view-column-outline", "All layers at once, from pixels to scores", True
        )
        self._export = _button("maps.export", "mdi6.export", "Write what is shown: pictures, and the values as .npz")
        self._back = _button("maps.back", "mdi6.chevron-left", "The page before (Page Up)")
        self._on = _button("maps.on", "mdi6.chevron-right", "The next page (Page Down)")
        self._page = named(QLabel(), "maps.page")
        self._page.setProperty("role", "dim")
        self.set_labels(())
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        rows = [QHBoxLayout() for _ in range(4)]
        for row in rows:
            row.setSpacing(4)
        rows[0].addWidget(self._layers, 1)
        for button in (self._strip, self._export):
            rows[0].addWidget(button)
        for combo in (self._order, self._scale):
            rows[1].addWidget(combo, 1)
        rows[2].addWidget(self._fixed)
        rows[3].addWidget(self._over)
        rows[3].addWidget(self._opacity, 1)
        for widget in (self._back, self._page, self._on):
            rows[3].addWidget(widget, 0, Qt.AlignmentFlag.AlignRight)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for row in rows:
            column.addLayout(row)

    def _connect(self) -> None:
        self._layers.activated.connect(lambda index: self.layer_wanted.emit(self._layers.itemData(index)))
        self._order.activated.connect(lambda index: self.order_wanted.emit(self._order.itemData(index)))
        self._scale.activated.connect(lambda index: self.scale_wanted.emit(self._scale.itemData(index)))
        self._fixed.valueChanged.connect(self.fixed_wanted)
        self._back.clicked.connect(lambda: self.turned.emit(-1))
        self._on.clicked.connect(lambda: self.turned.emit(1))
        self._over.toggled.connect(self.over_wanted)
        self._opacity.valueChanged.connect(lambda value: self.opacity_wanted.emit(value / 100))
        self._strip.toggled.connect(self.strip_wanted)
        self._export.clicked.connect(self.export_wanted)

    # What is shown ---------------------------------------------------------------------------------------------------

    def set_layers(self, names: Sequence[str], current: str) -> None:
        """What can be chosen, in the order of the forward, and what is."""
        if self._names != tuple(names):
            self._names = tuple(names)
            self._layers.clear()
            for name in names:
                self._layers.addItem(name, name)
            wide = self._layers.view().sizeHintForColumn(0) + 2 * self.fontMetrics().height()
            self._layers.view().setMinimumWidth(min(wide, WIDEST_LIST))
        if current and self._layers.findData(current) < 0:  # a stage, whose layers alone are in the list
            self._layers.addItem(current, current)
        self._layers.setCurrentIndex(self._layers.findData(current))

    def set_labels(self, labels: Sequence[str]) -> None:
        """The labels for which it is known what counts."""
        wanted = [*ORDERS, *((f"{COUNTS}{label}", f"Counts for {label}") for label in labels)]
        there_are = [(self._order.itemData(index), self._order.itemText(index)) for index in range(self._order.count())]
        if there_are != wanted:
            current = self._order.currentData()
            self._order.clear()
            for key, text in wanted:
                self._order.addItem(text, key)
            self._order.setCurrentIndex(max(self._order.findData(current), 0))

    def set_order(self, by: str) -> None:
        self._order.setCurrentIndex(self._order.findData(by))

    def set_scale(self, scale: str, fixed: float) -> None:
        """How values become colours; `fixed` counts where the scale is."""
        self._scale.setCurrentIndex(self._scale.findData(scale))
        self._fixed.setVisible(scale == "fixed")
        with QSignalBlocker(self._fixed):
            self._fixed.setValue(fixed)

    def set_page(self, page: int, pages: int) -> None:
        """Page `page` of so many, from 0; one alone needs no buttons."""
        for widget in (self._back, self._page, self._on):
            widget.setVisible(pages > 1)
        self._page.setText(f"{page + 1} / {pages}")
        self._back.setEnabled(page > 0)
        self._on.setEnabled(page + 1 < pages)

    def set_over(self, over: bool, opacity: float, possible: bool) -> None:
        """Whether a channel lies over the video, and how opaque; `possible`: one is chosen."""
        for widget in (self._over, self._opacity):
            with QSignalBlocker(widget):
                if widget is self._over:
                    self._over.setChecked(over)
                else:
                    self._opacity.setValue(round(100 * opacity))
        self._over.setEnabled(possible or over)
        self._opacity.setVisible(over)

    def set_strip(self, shown: bool) -> None:
        with QSignalBlocker(self._strip):
            self._strip.setChecked(shown)


def _combo(name: str, tip: str) -> QComboBox:
    combo = named(ElidedCombo(), name)
    combo.setToolTip(tip)
    combo.view().setTextElideMode(Qt.TextElideMode.ElideMiddle)
    return combo


def _button(name: str, picture: str, tip: str, checkable: bool = False) -> QToolButton:
    button = named(QToolButton(), name)
    button.setIcon(icon(picture))
    button.setIconSize(QSize(18, 18))
    button.setToolTip(tip)
    button.setCheckable(checkable)
    return button
