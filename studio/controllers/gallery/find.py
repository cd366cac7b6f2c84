"""Which crops are shown, and in which order."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer

from studio.controllers.context import Context
from studio.controllers.gallery.searches import SearchesController
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.gallery.completion import Names
from studio.core.gallery.crops import Crops
from studio.core.gallery.fields import takes_work
from studio.core.gallery.measures import KINDS
from studio.core.gallery.orders import ORDERS, arranged
from studio.core.gallery.query import Query, parse
from studio.core.gallery.terms import renamed
from studio.core.project import BACKGROUND
from studio.core.project.edits import listed
from studio.state.gallery import GalleryState
from studio.state.jobs import Job
from studio.views.gallery.find_bar import FindBar

MANY = 200_000  # crops that are found and put in order within a blink
TYPING, LATE = 50, 700  # milliseconds without a key: then it is looked for, and what is wrong is said
NO_CROP = "Select one crop in the gallery to see others like it"
CROP_GONE = "The crop that others are like is gone: select another one, and choose More like this."


class FindController:
    """The filter line's text is `gallery.query`, both ways; what is found is `gallery.shown`.

    While the line is wrong, what it found before stays.
    """

    def __init__(self, context: Context, gallery: GalleryState, view: FindBar) -> None:
        self._context, self._gallery, self._view = context, gallery, view
        self._query = self._good = parse("")
        self._wrong, self._problem = "", ""  # with the words of the line; or with what it names, too
        self._follows, self._looked_at = False, True
        self._asked = 0
        self._called: dict[int, str] = {}  # labels, by id
        self._old_likeness: object = None  # measured for another crop than the one that is asked about
        self._typed = QTimer(singleShot=True, interval=TYPING)
        self._late = QTimer(singleShot=True, interval=LATE)
        self._typed.timeout.connect(self._take_typed)
        self._late.timeout.connect(self._say_problem)
        self._searches = SearchesController(context, view)
        self._wires = Wires()
        view.addAction(context.actions["gallery.find"])
        self._connect()

    def close(self) -> None:
        self._asked += 1
        self._typed.stop()
        self._late.stop()
        self._wires.cut()
        self._searches.close()
        self._view.removeAction(self._context.actions["gallery.find"])

    def _connect(self) -> None:
        context, gallery, view, wires = self._context, self._gallery, self._view, self._wires
        wires.connect(view.query_wanted, lambda _: self._typed.start())
        wires.connect(view.query_entered, self._enter)
        wires.connect(view.order_wanted, self._order)
        wires.connect(view.backwards_wanted, lambda on: setattr(gallery, "backwards", on))
        wires.connect(view.follow_wanted, self._follow)
        wires.connect(view.listed_ended, lambda: setattr(gallery, "listed", None))
        wires.connect(view.looked_at_changed, self._on_looked_at)
        wires.connect(gallery.query_changed, self._on_query)
        wires.connect(gallery.order_changed, self._on_order)
        wires.connect(gallery.backwards_changed, self._on_order)
        wires.connect(gallery.like_changed, self._on_like)
        wires.connect(gallery.listed_changed, self._on_listed)
        wires.connect(gallery.crops_changed, self._on_crops)
        wires.connect(gallery.refused, self._want)
        wires.connect(context.session.label_changed, self._on_label)
        wires.connect(context.session.head_changed, self._want)
        wires.connect(context.actions["gallery.find"].triggered, view.focus_line)
        wires.connect(context.actions["gallery.like"].triggered, self._ask_for_like)

    # Wishes ----------------------------------------------------------------------------------------------------------

    def _take_typed(self) -> None:
        self._gallery.query = self._view.query

    def _enter(self) -> None:
        """What is wrong is said at once."""
        self._typed.stop()
        self._take_typed()
        self._say_problem()

    def _order(self, order: str) -> None:
        self._gallery.backwards = False
        self._gallery.order = order

    def _follow(self, on: bool) -> None:
        self._follows = on
        self._on_label(self._context.session.label)

    def _on_label(self, label: int | None) -> None:
        row = self._context.project.labels.get(label) if label is not None else None
        if self._follows and row is not None:
            self._view.show_label(row.name)
            self._enter()

    def _ask_for_like(self) -> None:
        """The crops like the selected one first."""
        selected, crops = self._context.session.selection, self._gallery.crops
        if len(selected) != 1 or (crops is not None and not len(crops.rows_of(selected))):
            self._context.board.say(NO_CROP)
            return
        self._gallery.listed = None
        (self._gallery.like,) = selected
        self._order("likeness")

    # State -----------------------------------------------------------------------------------------------------------

    def _on_query(self, text: str) -> None:
        self._view.set_query(text)
        try:
            self._query, self._wrong = parse(text), ""
        except InputError as error:
            self._wrong = str(error)
            self._set_problem(self._wrong)
            return
        if self._gallery.listed is not None:
            self._gallery.listed = None  # finds
        else:
            self._find_soon()

    def _on_order(self, _: object) -> None:
        self._view.set_order(self._gallery.order, self._gallery.backwards)
        self._find_soon()

    def _on_like(self, _: int) -> None:
        crops = self._gallery.crops
        self._old_likeness = crops.measures.get("likeness") if crops is not None else None
        self._want()

    def _on_listed(self, _: object) -> None:
        alone = self._gallery.listed
        self._view.set_listed(alone.title if alone is not None else "")
        self._find()

    def _on_crops(self) -> None:
        crops = self._gallery.crops
        assert crops is not None
        before, self._called = self._called, {label: row.name for label, row in crops.labels.items()}
        self._rename({name: self._called.get(label, name) for label, name in before.items()})
        labels = sorted(crops.labels.values(), key=lambda row: (row.name == BACKGROUND, row.id))
        media = (row.path.rsplit("/", 1)[-1] for row in crops.media.values())
        self._view.set_names(Names({row.name: row.color for row in labels}, tuple(dict.fromkeys(media))))
        alone = self._gallery.listed
        if alone is not None and alone.crops is not None and alone.crops.table.same_as(crops.table):
            self._gallery.listed = None  # that moment was gone back to; finds
        else:
            self._find()

    def _rename(self, names: Mapping[str, str]) -> None:
        """The line goes on asking for a label whose name is another one now; `names` are by the old ones."""
        changed = {old.casefold(): new for old, new in names.items() if old != new}
        if changed and (text := renamed(self._gallery.query, "label", changed)) != self._gallery.query:
            self._gallery.query = text

    def _on_looked_at(self, looked_at: bool) -> None:
        self._looked_at = looked_at
        self._want()

    # Finding ---------------------------------------------------------------------------------------------------------

    def _find(self) -> None:
        """At once: `shown` are rows of the crops as they are now."""
        self._asked += 1
        crops, alone, seen = self._gallery.crops, self._gallery.listed, self._gallery.seen
        if crops is None or seen is None:
            return
        self._want()
        if alone is not None:
            self._set_problem("")
            self._gallery.set_shown(seen.rows_of(alone.regions))
            return
        self._gallery.set_shown(self._found_in(crops))

    def _found_in(self, crops: Crops) -> NDArray[np.intp]:
        """By the line, or by what it was before it was wrong."""
        order, backwards = self._gallery.order, self._gallery.backwards
        try:
            rows = found(crops, self._query, order, backwards)
        except InputError as error:
            self._set_problem(str(error))
        else:
            self._good = self._query
            self._set_problem(self._wrong)
            return rows
        try:
            return found(crops, self._good, order, backwards)
        except InputError:  # a label that it asked for is gone
            return np.zeros(0, np.intp)

    def _find_soon(self) -> None:
        """Of many crops behind the window; they are the same as before."""
        crops = self._gallery.crops
        if crops is None or len(crops) <= MANY or self._gallery.listed is not None:
            self._find()
            return
        self._want()
        self._asked += 1
        number, query = self._asked, self._query
        job = Job("find crops", _found, crops, query, self._gallery.order, self._gallery.backwards)
        job.succeeded.connect(lambda rows: self._take_found(number, query, rows))
        job.failed.connect(lambda error: self._take_problem(number, error))
        self._context.lanes.live.replace(job)

    def _take_found(self, number: int, query: Query, rows: NDArray[np.intp]) -> None:
        if number == self._asked:  # else there are other crops by now, or another question
            self._good = query
            self._set_problem(self._wrong)
            self._gallery.set_shown(rows)

    def _take_problem(self, number: int, error: Exception) -> None:
        if number == self._asked:
            self._set_problem(str(error))

    def _set_problem(self, sentence: str) -> None:
        """What is wrong is said late: nobody has to be told in the middle of a word."""
        if sentence != self._problem:
            self._problem = sentence
            self._view.set_problem("")
            if sentence:
                self._late.start()
            else:
                self._late.stop()

    def _say_problem(self) -> None:
        self._late.stop()
        self._view.set_problem(self._problem)

    # Measures --------------------------------------------------------------------------------------------------------

    def _asked_for(self) -> frozenset[str]:
        """The measures that the query and the order need."""
        if self._gallery.listed is not None:
            return frozenset()
        return self._query.needs | {name for name in (ORDERS[self._gallery.order].measure,) if takes_work(name)}

    def _want(self, _: object = None) -> None:
        """Have measured what can be, and say what is still to come, or why it never will."""
        asked, lacking = self._asked_for(), []
        if self._context.session.head is None:  # without one, a score is that of the head that found the crop
            lacking = [f"{KINDS[name].title} needs a head: fit one first." for name in asked & {"doubt"}]
            asked -= {name for name in asked if KINDS[name].needs == "head"}
        crops, like = self._gallery.crops, self._gallery.like
        if "likeness" in asked and not like:
            lacking.append("Likeness needs a crop: select one, and choose More like this.")
            asked -= {"likeness"}
        elif "likeness" in asked and crops is not None and not len(crops.rows_of((like,))):
            lacking.append(CROP_GONE)  # what was measured while it was there still holds
            asked -= {"likeness"}
        self._gallery.want("find", asked if self._looked_at else ())
        known = {} if crops is None else crops.measures
        refusals = {name: why for name, why in self._gallery.refusals.items() if why and name in asked}
        lacking += [f"{KINDS[name].title} could not be measured: {why}." for name, why in refusals.items()]
        asked -= refusals.keys()
        coming = [KINDS[name].title.lower() for name in sorted(asked) if known.get(name) in (None, self._old_likeness)]
        lacking += [f"Measuring {listed(coming)}…"] if coming else []
        self._view.set_note(" ".join(lacking))


def found(crops: Crops, query: Query, order: str, backwards: bool) -> NDArray[np.intp]:
    """The rows that a query finds, in an order of `ORDERS` or, `backwards`, the other way round.

    Raises:
        InputError: there is no label or medium that the query names.
    """
    return arranged(crops, np.flatnonzero(query.mask(crops)), order, ORDERS[order].descending != backwards)


def _found(crops: Crops, query: Query, order: str, backwards: bool, control: Control) -> NDArray[np.intp]:
    control.checkpoint()
    return found(crops, query, order, backwards)
