"""Choosing a camera by name, with the size and the rate it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.views.named import named

if TYPE_CHECKING:
    from studio.core.media.camera_list import CameraMode, FoundCamera

OWN = "as the camera gives it"
LOOKING = "Looking for cameras …"
NONE = (
    "No camera was found. Plug one in, or switch it on, and look again. Where one is plugged in, check that this user"
    " may open it (on Linux: the group video; elsewhere: the privacy settings)."
)
SIZES = ((640, 480), (1280, 720), (1920, 1080))  # to ask for, where the driver does not say
LARGEST = (1280, 720)  # that is chosen by itself: larger ones are detected no better, and later
SMOOTH = 24.0  # frames a second


class CameraDialog(QDialog):
    """Opened while the cameras are being looked for; stays until `accept`, so that a problem is said in it.

    Attributes:
        wanted: emitted with the device ("camera:0"), its name, and the size and rate to ask for, or None.
        look_wanted: look for cameras again.
    """

    wanted = Signal(str, str, object, object)
    look_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("camera.dialog")
        self.setWindowTitle("Open a camera")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._cameras: Sequence[FoundCamera] = ()
        self._device = named(QComboBox(), "camera.device")
        self._size = named(QComboBox(), "camera.size")
        self._rate = named(QComboBox(), "camera.rate")
        self._say = named(QLabel(LOOKING, wordWrap=True), "camera.say")
        self._open = named(QPushButton("Open"), "camera.open_button")
        self._open.setProperty("primary", True)
        self._again = named(QPushButton("Look again", autoDefault=False), "camera.look")
        self._cancel = named(QPushButton("Cancel", autoDefault=False), "camera.cancel")
        self._compose()
        self._device.currentIndexChanged.connect(self._fill_sizes)
        self._size.currentIndexChanged.connect(self._fill_rates)
        self._again.clicked.connect(self._look)
        self._begin(LOOKING)

    def set_cameras(self, cameras: Sequence[FoundCamera]) -> None:
        """Offer these."""
        self._cameras = cameras
        self._device.clear()
        names = [camera.name for camera in cameras]
        for camera in cameras:  # two of a kind are told apart by their device
            twin = names.count(camera.name) > 1
            self._device.addItem(f"{camera.name} ({camera.source})" if twin else camera.name)
        self._end("" if cameras else NONE)

    def set_problem(self, text: str) -> None:
        """Why it could not be opened, or the cameras not be found."""
        self._end(text, "bad")

    def _compose(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(10)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for text, combobox in (("Camera", self._device), ("Size", self._size), ("Rate", self._rate)):
            combobox.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combobox.setMinimumContentsLength(24)
            label = QLabel(text)
            label.setMinimumHeight(combobox.sizeHint().height())  # in the middle beside its field
            form.addRow(label, combobox)
        buttons = QDialogButtonBox()
        buttons.addButton(self._open, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self._cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self._again, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.accepted.connect(self._want)
        buttons.rejected.connect(self.reject)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(14)
        column.addLayout(form)
        column.addWidget(self._say)
        column.addStretch(1)
        column.addWidget(buttons)
        self.setMinimumWidth(64 * self.fontMetrics().averageCharWidth())

    # The form --------------------------------------------------------------------------------------------------------

    def _camera(self) -> FoundCamera | None:
        place = self._device.currentIndex()
        return self._cameras[place] if 0 <= place < len(self._cameras) else None

    def _fill_sizes(self) -> None:
        camera = self._camera()
        self._size.clear()
        if camera is None:
            return
        if not camera.modes:
            self._size.addItem(OWN, None)
        best = _best(camera.modes)
        for size in dict.fromkeys((mode.width, mode.height) for mode in camera.modes) or SIZES:
            self._size.addItem("{} × {}".format(*size), size)
            if size == best:
                self._size.setCurrentIndex(self._size.count() - 1)

    def _fill_rates(self) -> None:
        camera, size = self._camera(), self._size.currentData()
        self._rate.clear()
        modes = camera.modes if camera is not None else ()
        rates = {rate for mode in modes if (mode.width, mode.height) == size for rate in mode.rates}
        for rate in sorted(rates, reverse=True):
            self._rate.addItem(f"{rate:g} frames a second", rate)
        if not rates:
            self._rate.addItem(OWN, None)

    def _want(self) -> None:
        camera = self._camera()
        if camera is None:
            return
        self._begin(f"Opening {camera.name} …")
        self.wanted.emit(camera.source, camera.name, self._size.currentData(), self._rate.currentData())

    def _look(self) -> None:
        self._begin(LOOKING)
        self.look_wanted.emit()

    def _begin(self, text: str) -> None:
        self._speak(text, "dim")
        self._enable(False)

    def _end(self, text: str, role: str = "dim") -> None:
        self._speak(text, role)
        self._enable(True)

    def _speak(self, text: str, role: str) -> None:
        self._say.setText(text)
        self._say.setVisible(bool(text))
        self._say.setProperty("role", role)
        self._say.style().polish(self._say)
        self._column.activate()
        self.resize(self.width(), self._column.totalHeightForWidth(self.width()))

    def _enable(self, on: bool) -> None:
        for widget in (self._device, self._size, self._rate, self._open):
            widget.setEnabled(on and bool(self._cameras))
        self._again.setEnabled(on)


def _best(modes: Sequence[CameraMode]) -> tuple[int, int] | None:
    """The size that is chosen by itself: the largest that is smooth and not needlessly large."""
    fitting = [mode for mode in modes if mode.width <= LARGEST[0] and mode.height <= LARGEST[1]]
    smooth = [mode for mode in fitting if not mode.rates or mode.rates[0] >= SMOOTH]
    best = max(smooth or fitting or modes, key=lambda mode: mode.width * mode.height, default=None)
    return (best.width, best.height) if best else None
