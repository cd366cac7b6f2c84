"""What is done to selected crops: never to those that a filter hides."""

from __future__ import annotations

import numpy as np
import pytest

from studio.controllers.gallery.acting import HIDDEN, NOTHING, Acting
from studio.core.gallery.crops import read_crops
from studio.core.project import Edit, MediumRow, RegionRow
from studio.state.gallery import GalleryState


@pytest.fixture
def gallery(context):
    """Five crops, of which the first three are shown."""
    label = context.project.project.label("cup").id
    medium = MediumRow(1, "clip.mp4", "video", 9, "0" * 64, 100, 64, 48)
    rows = [
        RegionRow(id_, 1, id_, label, None, 1.0, 2.0, 9.0, 9.0, "human", True, None, False, "visible")
        for id_ in range(10, 15)
    ]
    context.project.apply(Edit.rows("draw", [medium, *rows]))
    gallery = GalleryState()
    gallery.set_crops(read_crops(context.project.project))
    gallery.set_shown(np.arange(3))
    return gallery


def left(context):
    return [row.id for row in context.project.project.regions()]


def test_crops_that_a_filter_hides_are_not_removed(context, gallery):
    acting = Acting(context, gallery)
    context.session.selection = frozenset({11, 12, 14})
    acting.remove()
    assert left(context) == [10, 13, 14]
    assert context.project.project.history()[-1].text == "remove 2 crops"
    acting.close()


def test_where_none_is_shown_that_is_said_and_nothing_done(context, gallery):
    said = []
    context.board.said.connect(lambda message: said.append(message.text))
    acting = Acting(context, gallery)
    context.session.selection = frozenset({13, 14})
    acting.review()
    assert left(context) == [10, 11, 12, 13, 14] and not any(r.reviewed for r in context.project.project.regions())
    assert said == [HIDDEN] and context.session.selection == {13, 14}
    acting.close()


def test_with_nothing_selected_every_act_says_so(context, gallery, said):
    acting = Acting(context, gallery)
    for selection in (frozenset(), frozenset({99})):  # 99 was removed
        context.session.selection = selection
        acting.remove()
        acting.review()
        acting.relabel(context.project.project.label("hand"))
    assert said == [NOTHING] * 6 and left(context) == [10, 11, 12, 13, 14]
    acting.close()


def test_where_the_project_is_only_read_every_act_says_why_and_changes_nothing(context, gallery, said):
    acting = Acting(context, gallery)
    context.project.why_read_only = "read-only: another window has it"
    context.session.selection = frozenset({11, 12})
    before = context.project.project.position
    acting.remove()
    acting.review()
    acting.relabel(context.project.project.label("hand"))
    assert len(said) == 3 and all(line.endswith(": another window has it") for line in said)
    assert context.project.project.position == before and context.session.selection == {11, 12}
    acting.close()
