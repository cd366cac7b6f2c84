"""The picture that a channel or a label answers to most: asked for, growing, kept as a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import qimage2ndarray
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.views.named import named

MOST_SIDE = 320  # pixels


class ImaginedPane(QWidget):
    """What is to be imagined, and the picture.

    Attributes:
        wanted: emitted with "" for the channel or the name of a label.
        stopped: the climb is to end; what it has got to stays.
        saved: the picture is to be kept as a file.
    """

    wanted = Signal(str)
    stopped = Signal()
    saved = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.targets = named(QComboBox(), "excites.target")
        self.targets.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.targets.setMinimumContentsLength(8)
        self.start = named(QPushButton("Imagine"), "excites.imagine")
        self.start.setToolTip("Climb from noise to the picture that it answers to most.")
        self.stop = named(QPushButton("Stop"), "excites.imagine_stop")
        self.progress = named(QProgressBar(textVisible=False), "excites.progress")
        self.picture = named(GrownPicture(), "excites.picture")
        self.words = QLabel(wordWrap=True)
        self.words.setProperty("role", "dim")
        self.save = named(QPushButton("Save as PNG…"), "excites.save")
        self._compose()
        self.start.clicked.connect(lambda: self.wanted.emit(self.target))
        self.stop.clicked.connect(self.stopped)
        self.save.clicked.connect(self.saved)
        self.targets.currentIndexChanged.connect(self._allow)
        self._channel = False
        self.set_targets(())
        self.set_running(False)

    @property
    def target(self) -> str:
        """The name of the chosen label, or "" for the channel."""
        return str(self.targets.currentData() or "")

    def set_targets(self, labels: Sequence[str]) -> None:
        """Offer the channel and these labels; what was chosen stays where it is still offered."""
        chosen = self.target
        with QSignalBlocker(self.targets):
            self.targets.clear()
            self.targets.addItem("the channel", "")
            for label in labels:
                self.targets.addItem(f"the label {label}", label)
            self.targets.setCurrentIndex(max(self.targets.findData(chosen), 0))
        self._allow()

    def set_channel(self, chosen: bool) -> None:
        """Whether a channel is chosen that could be imagined."""
        self._channel = chosen
        self._allow()

    def set_running(self, running: bool) -> None:
        """Offer to begin, or to stop."""
        self.start.setVisible(not running)
        self.stop.setVisible(running)
        self.progress.setVisible(running)
        self.targets.setEnabled(not running)
        if not running:
            self.progress.setValue(0)

    def set_progress(self, fraction: float) -> None:
        """0…1."""
        self.progress.setValue(round(100 * fraction))

    def set_picture(self, picture: NDArray[np.uint8] | None, words: str) -> None:
        """uint8 `(s, s, 3)` RGB, or None for none; and what is known of it."""
        self.picture.set_image(QImage() if picture is None else qimage2ndarray.array2qimage(picture))
        self.words.setText(words)
        self.words.setVisible(bool(words))
        self.save.setVisible(picture is not None)

    def _allow(self) -> None:
        self.start.setEnabled(bool(self.target) or self._channel)

    def _compose(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.targets, 1)
        row.addWidget(self.start)
        row.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.progress)
        column.addWidget(self.picture)
        column.addWidget(self.words)
        column.addWidget(self.save, 0, Qt.AlignmentFlag.AlignLeft)
        self.set_picture(None, "")


class GrownPicture(QWidget):
    """A square picture as wide as there is room for, up to `MOST_SIDE`; nothing where there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def image(self) -> QImage:
        return self._image

    def set_image(self, image: QImage) -> None:
        self._image = image
        self._arrange()
        self.update()

    def _arrange(self) -> None:
        self.setFixedHeight(0 if self._image.isNull() else min(self.width(), MOST_SIDE))

    def resizeEvent(self, event: QEvent) -> None:
        self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = QRect(0, 0, self.height(), self.height())
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(place), 4, 4)
        painter.setClipPath(outline)
        painter.drawImage(place, self._image)
