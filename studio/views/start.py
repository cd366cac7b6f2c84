"""The start page: five ways in, and the projects that were opened last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor, QFont, QIcon, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from studio.views.actions import Actions
from studio.views.theme import current

PROMISE = "Point at a thing in a video; seconds later have a detector for it."
WAYS = (
    ("media.open", "Open a video", "A clip, a folder of pictures, a recording"),
    ("camera.open", "Open a camera", "Live, with a look back of 30 seconds"),
    ("project.open", "Open a project", "Everything is as you left it"),
    ("project.import_data", "Import a data set", "Class folders, COCO, YOLO, CVAT and others"),
    ("project.sample", "Try the sample", "A short clip with a flower labelled in it"),
)
ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Recent:
    """A line of the list; `missing` ones are grey."""

    folder: Path
    name: str
    when: str
    missing: bool = False


class StartView(QWidget):
    """See the module.

    Attributes:
        project_wanted: the folder of a recent project.
        forget_wanted: the folder of one that should leave the list.
    """

    project_wanted = Signal(object)
    forget_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("start")
        self._dropping = False
        title = QLabel("Repurpose Studio")
        title.setProperty("role", "title")
        promise = QLabel(PROMISE)
        promise.setProperty("role", "dim")
        self.problem = QLabel(wordWrap=True)
        self.problem.setObjectName("start.problem")
        self.problem.setProperty("role", "bad")
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.hide()
        ways = QVBoxLayout()
        ways.setSpacing(8)
        self.ways = [WayButton(*way, primary=number == 0) for number, way in enumerate(WAYS)]
        for button in self.ways:
            ways.addWidget(button)
        hint = QLabel("or drop a video or a project here")
        hint.setProperty("role", "dim")
        ways.addSpacing(4)
        ways.addWidget(hint)
        ways.addStretch(1)
        heading = QLabel("Recent projects")
        heading.setProperty("role", "dim")
        self.recent = _RecentList()
        self.nothing = QLabel("Projects that you open are listed here.", wordWrap=True)
        self.nothing.setProperty("role", "dim")
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(heading)
        right.addWidget(self.recent, 1)
        right.addWidget(self.nothing)
        right.addStretch(0)
        page = QGridLayout()
        page.setHorizontalSpacing(6 * self.fontMetrics().averageCharWidth())
        page.setVerticalSpacing(6)
        page.addWidget(title, 0, 0, 1, 2)
        page.addWidget(promise, 1, 0, 1, 2)
        page.addWidget(self.problem, 2, 0, 1, 2)
        page.setRowMinimumHeight(3, self.fontMetrics().height())
        page.addLayout(ways, 4, 0)
        page.addLayout(right, 4, 1)
        page.setColumnMinimumWidth(0, 46 * self.fontMetrics().averageCharWidth())
        page.setColumnMinimumWidth(1, 52 * self.fontMetrics().averageCharWidth())
        _in_the_middle(self, page)
        self.recent.chosen.connect(self.project_wanted)
        self.recent.forgotten.connect(self.forget_wanted)
        self.set_recent(())

    def set_actions(self, actions: Actions) -> None:
        """Let the buttons trigger these."""
        for button in self.ways:
            button.set_action(actions[button.action_id])

    def set_recent(self, projects: Sequence[Recent]) -> None:
        """List `projects`, the last opened first."""
        self.recent.clear()
        for project in projects:
            item = QListWidgetItem(project.name)
            item.setData(ROLE, project)
            where = f"{project.folder}\nThere is no project here now." if project.missing else str(project.folder)
            item.setToolTip(where)
            self.recent.addItem(item)
        self.recent.setVisible(bool(projects))
        self.nothing.setVisible(not projects)

    def set_problem(self, text: str) -> None:
        """Say what is wrong with the project that was wanted; "" for nothing."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def set_more(self, action_id: str, text: str) -> None:
        """Say `text` on the button of an action, how far its work is; "" for what it always says."""
        for button in self.ways:
            if button.action_id == action_id:
                button.set_more(text)

    def set_drop(self, above: bool) -> None:
        """Whether something that may be dropped is held above the window."""
        self._dropping = above
        self.update()

    def paintEvent(self, event: object) -> None:
        if self._dropping:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Accent), 2, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(self.rect().adjusted(8, 8, -8, -8), 8, 8)
            painter.end()


def _in_the_middle(widget: QWidget, page: QGridLayout) -> None:
    rows = QVBoxLayout(widget)
    rows.setContentsMargins(24, 24, 24, 24)
    columns = QHBoxLayout()
    columns.addStretch(1)
    columns.addLayout(page)
    columns.addStretch(1)
    rows.addStretch(2)
    rows.addLayout(columns)
    rows.addStretch(3)


class WayButton(QPushButton):
    """A large button with an icon, a title and a dim line below; called "start.ACTION_ID"."""

    def __init__(self, action_id: str, title: str, more: str, primary: bool) -> None:
        super().__init__()
        self.action_id = action_id
        self.setObjectName(f"start.{action_id}")
        self.setAccessibleName(title)
        self.setProperty("primary", primary)
        self._icon = QIcon()
        self._title, self._more, self._always, self._primary = title, more, more, primary

    def set_action(self, action: QAction) -> None:
        """Trigger `action`, which replaces one that goes away."""
        self.setToolTip(action.toolTip())
        self._icon = action.icon()
        self.clicked.connect(action.trigger)

    def set_more(self, text: str) -> None:
        """The line below the title; "" for that which it began with."""
        self._more = text or self._always
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(46 * self.fontMetrics().averageCharWidth(), round(3.6 * self.fontMetrics().height()))

    def paintEvent(self, event: object) -> None:
        super().paintEvent(event)  # type: ignore[arg-type]
        painter = QPainter(self)
        role = QPalette.ColorRole.HighlightedText if self._primary else QPalette.ColorRole.ButtonText
        palette, line = self.palette(), self.fontMetrics().height()
        side, left = round(1.6 * line), round(0.9 * line)
        square = QRect(left, (self.height() - side) // 2, side, side)
        mode = self._icon.Mode.Selected if self._primary else self._icon.Mode.Normal
        self._icon.paint(painter, square, Qt.AlignmentFlag.AlignCenter, mode)
        text = self.rect().adjusted(left + side + left, 0, -left, 0)
        middle = self.height() // 2
        font = QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(palette.color(role))
        painter.drawText(QPoint(text.left(), middle - 2 - painter.fontMetrics().descent()), self._title)
        font.setBold(False)
        painter.setFont(font)
        if not self._primary:
            painter.setPen(QColor(current().dim))
        more = painter.fontMetrics().elidedText(self._more, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(QPoint(text.left(), middle + 2 + painter.fontMetrics().ascent()), more)
        painter.end()


class _RecentList(QListWidget):
    """Projects in two lines each.

    Attributes:
        chosen, forgotten: with a folder.
    """

    chosen = Signal(object)
    forgotten = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("start.recent")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setItemDelegate(_TwoLines(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self.itemClicked.connect(self._choose)
        self.itemActivated.connect(self._choose)

    @Slot(QListWidgetItem)
    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(ROLE).folder)

    @Slot(QPoint)
    def _menu(self, place: QPoint) -> None:
        item = self.itemAt(place)
        if item is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        folder = item.data(ROLE).folder
        menu.addAction("Take off this list").triggered.connect(lambda: self.forgotten.emit(folder))
        menu.popup(self.mapToGlobal(place))


Index = QModelIndex | QPersistentModelIndex


class _TwoLines(QStyledItemDelegate):
    """Name and time, and the folder below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, round(2.9 * option.fontMetrics.height()))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self.initStyleOption(option, index)
        option.text = ""
        widget: QWidget = option.widget
        widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, widget)
        project: Recent = index.data(ROLE)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        palette: QPalette = widget.palette()
        dim = palette.color(QPalette.ColorRole.PlaceholderText)
        plain = palette.color(QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text)
        metrics = painter.fontMetrics()
        area: QRect = option.rect.adjusted(10, 0, -10, 0)
        middle = area.center().y()
        painter.save()
        painter.setPen(plain if selected else dim)
        when = "not there now" if project.missing else project.when
        first, second = middle - metrics.descent() - 1, middle + metrics.ascent() + 2
        painter.drawText(QPoint(area.right() - metrics.horizontalAdvance(when), first), when)
        where = metrics.elidedText(str(project.folder), Qt.TextElideMode.ElideMiddle, area.width())
        painter.drawText(QPoint(area.left(), second), where)
        if not project.missing:
            painter.setPen(plain)
        room = area.width() - metrics.horizontalAdvance(when) - 12
        name = metrics.elidedText(project.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPoint(area.left(), first), name)
        painter.restore()
