"""The bar under the picture: play, step, where we are, speed, live detection."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontDatabase, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QToolButton, QWidget

from studio.views.actions import Actions
from studio.views.icons import icon
from studio.views.named import named

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_AROUND = 46  # points: what the style puts around the words of a combobox
MODES = ("fixed", "search", "track", "dense")


def clock(seconds: float) -> str:
    """ "00:12.48", with hours where there are some."""
    hundredths = round(max(seconds, 0.0) * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    text = f"{minutes:02}:{rest // 100:02}.{rest % 100:02}"
    return f"{hours}:{text}" if hours else text


class Transport(QWidget):
    """Shows and emits; it decides nothing.

    Attributes:
        place_wanted: emitted with what was typed as a frame or a time.
        speed_wanted: emitted with a factor.
        mode_wanted: emitted with the name of a search mode.
        left: the field for a frame was left; the picture wants the keys again.
    """

    place_wanted = Signal(str)
    speed_wanted = Signal(float)
    mode_wanted = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("video.transport")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 2, 8, 2)
        self._row.setSpacing(2)
        self._play: QAction | None = None
        self._first_to_go: tuple[QWidget, ...] = ()
        self._time = named(QLabel(clock(0)), "video.time")
        self._time.setContentsMargins(0, 0, 4, 0)
        self._frame = FrameField()
        self._frame.entered.connect(self.place_wanted)
        self._frame.left.connect(self.left)
        self._count = named(QLabel("/ 0"), "video.frame_count")
        self._rate = named(QLabel(), "video.rate")
        self._rate.setProperty("role", "dim")
        self._shown_rate: float | None = None
        self._speed = named(QComboBox(), "video.speed")
        for speed in SPEEDS:
            self._speed.addItem(f"{speed:g}×", speed)
        self._mode = named(QComboBox(), "video.mode")
        self._mode.addItems(MODES)
        self._speed.setToolTip("Speed")
        self._mode.setToolTip("Search mode of live detection")
        self._speed.activated.connect(lambda place: self.speed_wanted.emit(SPEEDS[place]))
        self._mode.activated.connect(lambda place: self.mode_wanted.emit(MODES[place]))
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        for widget in (self._time, self._frame, self._count):
            widget.setFont(fixed)
        for combobox in (self._speed, self._mode):
            words = [combobox.itemText(place) for place in range(combobox.count())]
            combobox.setFixedWidth(max(map(self.fontMetrics().horizontalAdvance, words)) + _AROUND)
            combobox.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # letters are keys of the video, not of a list
        self.set_place(0, 0.0)

    def set_actions(self, actions: Actions) -> None:
        """Put the buttons of the table's actions in."""
        self._play = actions["video.play"]
        steps = ("video.first", "video.back", "video.play", "video.on", "video.last")
        first, back, play, on, last = (tool_button(actions[name]) for name in steps)
        for button in (first, back, play, on, last):
            self._row.addWidget(button)
        self._row.addSpacing(6)
        word, loop = named(QLabel(" frame "), "video.frame_word"), tool_button(actions["video.loop"])
        for widget in (self._time, word, self._frame, self._count):
            self._row.addWidget(widget)
        self._row.addSpacing(6)
        self._row.addWidget(loop)
        self._row.addWidget(self._speed)
        self._first_to_go = (word, first, last, loop, self._count, self._speed, self._time)
        self._rate.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._rate.setMinimumWidth(self.fontMetrics().horizontalAdvance("99/s"))
        self._rate.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._row.addWidget(self._rate, 1)
        self._row.addSpacing(2)
        self._row.addWidget(self._mode)
        actions["detect.live"].setIconText("Live")  # what buttons say; menus say it in full
        live = tool_button(actions["detect.live"])
        live.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._row.addWidget(live)
        self._fit()

    def set_place(self, frame: int, seconds: float) -> None:
        self._time.setText(clock(seconds))
        self._frame.set_frame(frame)

    def set_frame_count(self, count: int, live: bool = False) -> None:
        self._count.setText("live" if live else f"/ {count}")
        self._count.setToolTip(f"{count} frames, numbered from 0" if count else "")
        self._frame.set_most(max(count - 1, 0))
        self._fit()

    def set_speed(self, speed: float) -> None:
        place = min(range(len(SPEEDS)), key=lambda each: abs(SPEEDS[each] - speed))
        self._speed.setCurrentIndex(place)

    def set_mode(self, mode: str) -> None:
        self._mode.setCurrentText(mode)

    def set_rate(self, rate: float | None) -> None:
        """Results of live detection a second; None: it is off."""
        self._shown_rate = rate
        number = "" if rate is None else f"{rate:.1f}" if rate < 9.95 else f"{rate:.0f}"
        full, short = f"detector {number} / s", f"{number}/s"
        fits = self.fontMetrics().horizontalAdvance(full) <= self._rate.width()
        self._rate.setText("" if rate is None else full if fits else short)
        self._rate.setToolTip("" if rate is None else full)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        self.set_rate(self._shown_rate)

    def minimumSizeHint(self) -> QSize:
        """What is left when all that may go has gone: keys and menus do the same."""
        least = self._row.minimumSize()
        gone = sum(self._room(each) for each in self._first_to_go if not each.isHidden())
        return QSize(least.width() - gone, least.height())

    def _fit(self) -> None:
        """In a narrow dock the least needed parts go, one after another, so that none is cut off."""
        margins = self._row.contentsMargins()
        room = self.width() - margins.left() - margins.right()
        parts = self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        wanted = sum(map(self._room, parts)) + 20  # the spaces between
        for part in self._first_to_go:
            fits = wanted <= room
            if part.isHidden() == fits:
                part.setVisible(fits)
            if not fits:
                wanted -= self._room(part)

    def _room(self, part: QWidget) -> int:
        return max(part.minimumSizeHint().width(), part.minimumWidth()) + self._row.spacing()

    def set_playing(self, playing: bool) -> None:
        if self._play is not None:
            with QSignalBlocker(self._play):
                self._play.setChecked(playing)
            self._play.setIcon(icon("mdi6.pause" if playing else "mdi6.play"))
            self._play.setText("Pause" if playing else "Play")

    def edit_place(self) -> None:
        """Let the user type a frame or a time."""
        self._frame.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._frame.selectAll()


class FrameField(QLineEdit):
    """The number of the frame; a click lets one type another, or a time.

    Attributes:
        entered: emitted with the text on Enter.
        left: emitted on Enter or Esc.
    """

    entered = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__("0")
        self.setObjectName("video.frame")
        self.setFrame(False)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setToolTip("Frame, from 0. Type a number, or a time such as 12.5s or 01:02.5")
        self._shown = 0
        self._digits = 4
        self.returnPressed.connect(self._enter)

    def set_frame(self, frame: int) -> None:
        self._shown = frame
        if not self.hasFocus():
            self.setText(str(frame))

    def set_most(self, frame: int) -> None:
        self._digits = max(len(str(frame)), 4)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("0" * (self._digits + 2)), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # letters typed here are no keys of the video
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)

    def _enter(self) -> None:
        text = self.text().strip()
        self._leave()
        if text:
            self.entered.emit(text)

    def _leave(self) -> None:
        self.clearFocus()
        self.setText(str(self._shown))
        self.left.emit()


def tool_button(action: QAction) -> QToolButton:
    """A button for an action, which takes no focus from the picture; called "button.ACTION_ID"."""
    button = named(QToolButton(), f"button.{action.objectName()}")
    button.setDefaultAction(action)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    side = round(1.25 * button.fontMetrics().height())
    button.setIconSize(QSize(side, side))
    return button
