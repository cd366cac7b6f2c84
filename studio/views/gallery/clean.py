"""Clean: near-duplicates, labels that are probably wrong, outliers, and where the detector disagrees."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QStackedLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from studio.views.empty import EmptyState
from studio.views.gallery.clean_duplicates import DuplicatesPage
from studio.views.gallery.clean_page import Deed, ListPage
from studio.views.named import named

EMPTY = (
    "Nothing to clean yet",
    "Label something first: crops that are all the same, that have a wrong label or are unlike the others are found "
    "here, and where the detector does not agree.",
)
SECTIONS = (
    ("duplicates", "Alike", "Near-duplicates: crops of one label that look the same"),
    ("labels", "Labels", "Suspected label errors: crops that the others of their label do not speak for"),
    ("outliers", "Outliers", "Crops that are unlike the others of their label"),
    ("detector", "Detector", "Frames on which the tracker and the detector disagree"),
)
RIGHT = Deed("right", "It is right", Qt.Key.Key_R, "R", "Marks the crop as reviewed: it is not suspected again")
LABEL_DEEDS = (
    Deed("take", "Take the suggestion", Qt.Key.Key_C, "C", "Gives the crop the suggested label"),
    RIGHT,
    Deed("ignore", "Ignore", Qt.Key.Key_I, "I", "Neither positive nor negative: nothing is learned from the crop"),
    Deed("remove", "Remove", Qt.Key.Key_X, "X", "Removes the crop"),
)
OUTLIER_DEEDS = (RIGHT, Deed("remove", "Remove", Qt.Key.Key_X, "X", "Removes the crop"))
DETECTOR_DEEDS = (
    Deed("right", "Labels are right", Qt.Key.Key_R, "R", "The box is reviewed; a detection becomes a negative"),
    Deed("head", "Head is right", Qt.Key.Key_C, "C", "The box goes, or goes where it was found, or there is one"),
    Deed("next", "Next", Qt.Key.Key_E, "E", "Goes to the next frame"),
)


class CleanView(QWidget):
    """The part: a section at a time.

    Attributes:
        duplicates, labels, outliers, detector: the sections.
        section_changed: emitted with the name of the section that is shown.
        looked_at_changed: emitted with whether the part can be seen.
    """

    section_changed = Signal(str)
    looked_at_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.tabs = named(QTabBar(), "clean.tabs")
        self.tabs.setExpanding(True)
        self.tabs.setDrawBase(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideRight)
        self.duplicates = DuplicatesPage()
        again = "Look again"
        self.labels = ListPage(
            "clean.labels", (again, "Judges every label by the crops of the others"), LABEL_DEEDS, "Show all"
        )
        self.outliers = ListPage("clean.outliers", None, OUTLIER_DEEDS, "Show all")
        self.detector = ListPage(
            "clean.detector", ("Compare with the head", "Runs the active head over the labelled frames"), DETECTOR_DEEDS
        )
        self._pages = QStackedWidget()
        for number, (name, title, tip) in enumerate(SECTIONS):
            self.tabs.addTab(title)
            self.tabs.setTabToolTip(number, tip)
            self._pages.addWidget(getattr(self, name))
        self.tabs.currentChanged.connect(self._on_tab)
        full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs)
        column.addWidget(self._pages, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(EmptyState("mdi6.broom", *EMPTY))
        self._stack.addWidget(full)

    def set_looked_at(self, looked_at: bool) -> None:
        """Whether the part can be seen."""
        self.looked_at_changed.emit(looked_at)

    def set_crops(self, count: int) -> None:
        """How many crops there are: without any there is nothing to clean."""
        self._stack.setCurrentIndex(1 if count else 0)

    @property
    def section(self) -> str:
        """The name of the section that is shown; "" while there are no crops."""
        return SECTIONS[self.tabs.currentIndex()][0] if self._stack.currentIndex() else ""

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 0)

    def _on_tab(self, number: int) -> None:
        self._pages.setCurrentIndex(number)
        self.section_changed.emit(self.section)
