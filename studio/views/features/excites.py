"""What excites a channel most: crops of the gallery, patches of the video, and a picture that was climbed to."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.top_places import Exciter
from studio.views.elided import ElidedLabel
from studio.views.empty import EmptyState
from studio.views.features.excites_grid import ExciterGrid
from studio.views.features.excites_imagined import ImaginedPane
from studio.views.icons import icon
from studio.views.named import named
from studio.views.scroll import scrolling

EMPTY = (
    "What excites a channel",
    "Open a medium: of every frame that is shown, the part that excites a channel most comes here, and of the gallery "
    "the crops.",
)
LOADING = (
    "The network is loading",
    "What excites a channel of it most comes here: of the frames that are shown, and of the gallery.",
)
NO_CHANNEL = "No channel is chosen: give its number above, or click a map in Maps."
NO_FRAME = "What the cells of this layer see of the shown frames comes here."


class ExcitesView(QWidget):
    """The part of the dock.

    Attributes:
        channel_wanted: emitted with the number of the channel to be looked at; -1 for none.
        layers_wanted: the list of layers should come forward.
        gallery_wanted: the gallery should be looked through.
        gallery_stopped: no more of it.
        crop_opened, patch_opened: emitted with the number of the one whose frame is to be shown.
        visible_changed: whether anybody can see it: nothing is computed for nobody.
    """

    channel_wanted = Signal(int)
    layers_wanted = Signal()
    gallery_wanted = Signal()
    gallery_stopped = Signal()
    crop_opened = Signal(int)
    patch_opened = Signal(int)
    visible_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._waiting = False
        self._actions: tuple[QAction, ...] = ()
        self.empty = EmptyState("mdi6.lightbulb-on-outline", *EMPTY)
        self._title = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self.channel = named(QSpinBox(), "excites.channel")
        self.channel.setRange(-1, -1)
        self.channel.setSpecialValueText("–")
        self.channel.setPrefix("channel ")
        self.channel.setKeyboardTracking(False)
        self.layers = named(QToolButton(), "excites.layers")
        self.layers.setIcon(icon("mdi6.layers-outline"))
        self.layers.setToolTip("Choose another layer")
        self.hint = QLabel(NO_CHANNEL, wordWrap=True)
        self.crops, self.patches = ExciterGrid("excites.crops"), ExciterGrid("excites.patches")
        self.gallery = named(QPushButton("Look through"), "excites.gallery")
        self.gallery_stop = named(QPushButton("Stop"), "excites.gallery_stop")
        self._gallery_words = _dim()
        self._video_words = _dim()
        self.imagined = ImaginedPane()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._composed())
        self.channel.valueChanged.connect(self.channel_wanted)
        self.layers.clicked.connect(self.layers_wanted)
        self.gallery.clicked.connect(self.gallery_wanted)
        self.gallery_stop.clicked.connect(self.gallery_stopped)
        self.crops.opened.connect(self.crop_opened)
        self.patches.opened.connect(self.patch_opened)
        self.set_gallery(False, "")

    def set_waiting(self, waiting: bool) -> None:
        """Nothing was looked at yet: whether it will be by itself, or for that a medium is to be opened."""
        if waiting != self._waiting:
            self._waiting = waiting
            self.empty.set_text(*(LOADING if waiting else EMPTY))
            self.empty.set_actions(*(() if waiting else self._actions))

    def set_actions(self, *actions: QAction) -> None:
        """What opens a medium."""
        self._actions = actions
        self.empty.set_actions(*actions)

    def set_layer(self, title: str, channels: int) -> None:
        """Name the layer, which has so many channels; 0: not known yet."""
        self._title.setText(title)
        with QSignalBlocker(self.channel):
            self.channel.setRange(-1, channels - 1)
        self._stack.setCurrentIndex(1)

    def set_channel(self, channel: int) -> None:
        """Show the number of the chosen channel; -1: none is, or none of this layer."""
        with QSignalBlocker(self.channel):
            self.channel.setValue(channel)
        self.hint.setVisible(channel < 0)
        self.imagined.set_channel(channel >= 0)

    def set_crops(self, exciters: Sequence[Exciter], tips: Sequence[str]) -> None:
        """The crops of the gallery, the strongest first."""
        self.crops.set_exciters(exciters, tips)

    def set_patches(self, exciters: Sequence[Exciter], tips: Sequence[str], problem: str = "") -> None:
        """The patches of the video so far, likewise; or why there can be none."""
        self.patches.set_exciters(exciters, tips)
        self._video_words.setText(problem or NO_FRAME)
        self._video_words.setVisible(bool(problem) or not exciters)

    def set_gallery(self, running: bool, words: str) -> None:
        """Offer to look through the gallery, or to stop; `words` say how far that is, or was."""
        self.gallery.setVisible(not running)
        self.gallery_stop.setVisible(running)
        self._gallery_words.setText(words)
        self._gallery_words.setVisible(bool(words))

    def minimumSizeHint(self) -> QSize:
        return QSize(18 * self.fontMetrics().averageCharWidth(), 5 * self.fontMetrics().height())

    def showEvent(self, event: QEvent) -> None:
        self.visible_changed.emit(True)

    def hideEvent(self, event: QEvent) -> None:
        self.visible_changed.emit(False)

    def _composed(self) -> QWidget:
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self._title, 1)
        top.addWidget(self.layers)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.channel, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.hint)
        column.addWidget(_heading("In the video so far"))
        column.addWidget(self._video_words)
        column.addWidget(self.patches)
        column.addWidget(_heading("In the gallery", self.gallery, self.gallery_stop))
        column.addWidget(self._gallery_words)
        column.addWidget(self.crops)
        column.addWidget(_heading("Imagined"))
        column.addWidget(self.imagined)
        column.addStretch(1)
        return scrolling(inside)


def _dim() -> QLabel:
    label = QLabel(wordWrap=True)
    label.setProperty("role", "dim")
    return label


def _heading(text: str, *buttons: QWidget) -> QWidget:
    label = ElidedLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 6, 0, 0)
    row.addWidget(label, 1)
    for button in buttons:
        row.addWidget(button)
    return whole
