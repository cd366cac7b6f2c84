"""The map as it is continued: new crops are placed, those that are gone vanish, what was cancelled goes on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.gallery.crop_map import map_file, read_map
from studio.core.project import Edit
from studio.ml.gallery import mapping
from studio.ml.gallery.mapping import Mapper, make_map
from studio.ml.gallery.placing import NEAREST, place
from studio.ml.gallery.projection import EARLY, STEPS
from studio.ml.gallery.records import IDENTITY
from studio.ml.gallery.vectors import unit
from studio.ml.networks import Networks
from tests.ml.taught_project import make_project

GROUPS = 4
NETWORK = "0" * 32


def crops(count, seed=0):
    """Embeddings in four groups, what they depend on, and the group of each."""
    random = np.random.default_rng(seed)
    groups = random.integers(0, GROUPS, count)
    middles = np.random.default_rng(99).normal(size=(GROUPS, 24))
    values = unit(middles[groups] + 0.4 * random.normal(size=(count, 24))).astype(np.float16)
    pictures = np.zeros(count, IDENTITY)
    pictures["region"] = np.arange(count) * 3 + 7
    pictures["frame"] = random.integers(0, 100, count)
    return values, pictures, groups


def mapper(values, pictures, network=NETWORK):
    return Mapper(values, pictures, network, "cpu")


def whole(values, pictures, control=None):
    made = mapper(values, pictures)
    return made.arranged(made.begun(Control()), control or Control())


@pytest.fixture(scope="module")
def kept():
    values, pictures, _ = crops(120)
    return whole(values, pictures)


def test_a_map_is_arranged_and_published_on_the_way(monkeypatch):
    monkeypatch.setattr(mapping, "PAUSE", 0.0)
    values, pictures, groups = crops(80)
    partial, told = [], []
    made = whole(values, pictures, Control(lambda fraction, text: told.append(fraction), partial.append))
    assert (made.steps == STEPS).all() and (made.ids == pictures["region"]).all() and made.network == NETWORK
    assert len(partial) > 20 and told == sorted(told) and told[-1] == pytest.approx(1)
    assert all(0 < each.steps.max() <= STEPS and each.points.shape == (80, 2) for each in partial)
    middles = np.array([made.points[groups == group].mean(0) for group in range(GROUPS)])
    nearest = ((made.points[:, None] - middles[None]) ** 2).sum(2).argmin(1)
    assert (nearest == groups).mean() > 0.95


def test_what_did_not_change_is_not_arranged_again(kept, monkeypatch):
    values, pictures, _ = crops(120)
    again = mapper(values, pictures)
    continued = again.continued(kept, Control())
    monkeypatch.setattr(mapping, "arrange", None)
    made = again.arranged(continued, Control())
    np.testing.assert_array_equal(made.points, kept.points)
    assert again.newest is None  # nothing new to keep


def test_new_crops_are_placed_among_their_like_and_others_stay(kept, monkeypatch):
    values, pictures, groups = crops(120)
    gone, changed = [3, 50], 17
    fresh, _, fresh_groups = crops(12, seed=5)
    more = np.zeros(12, IDENTITY)
    more["region"] = np.arange(12) + 10_000
    stayed = np.delete(np.arange(120), gone)
    pictures = pictures.copy()
    pictures["box"][changed] = (1, 2, 3, 4)  # it shows something else now
    now = mapper(np.concatenate([values[stayed], fresh]), np.concatenate([pictures[stayed], more]))
    monkeypatch.setattr(mapping, "arrange", None)
    made = now.arranged(now.continued(kept, Control()), Control())
    assert len(made.points) == 130 and now.newest is not None
    back = mapper(values[gone], pictures[gone]).continued(now.newest, Control())  # as undo brings them
    np.testing.assert_array_equal(back.points, kept.points[gone])
    same = stayed != changed
    np.testing.assert_array_equal(made.points[:118][same], kept.points[stayed][same])
    assert made.steps[:118][same].min() == STEPS and made.steps[118:].max() == 0
    assert made.steps[:118][~same] == 0
    middles = np.array([kept.points[groups == group].mean(0) for group in range(GROUPS)])
    nearest = ((made.points[118:, None] - middles[None]) ** 2).sum(2).argmin(1)
    assert (nearest == fresh_groups).mean() > 0.9


def test_where_a_third_is_new_all_move_but_do_not_start_over(kept):
    values, pictures, _ = crops(120)
    fresh = crops(60, seed=5)[0]
    more = np.zeros(60, IDENTITY)
    more["region"] = np.arange(60) + 10_000
    now = mapper(np.concatenate([values, fresh]), np.concatenate([pictures, more]))
    began, steps = now.continued(kept, Control()), []
    made = now.arranged(began, Control(lambda fraction, text: steps.append(fraction)))
    assert (made.steps == STEPS).all() and len(made.points) == 180
    first = mapping._COMPARED + (1 - mapping._COMPARED) * EARLY / STEPS
    assert min(step for step in steps if step > mapping._COMPARED) > first
    away = np.linalg.norm(made.points[:120] - made.points[:120].mean(0), axis=1).mean()
    assert np.linalg.norm(made.points[:120] - kept.points, axis=1).mean() < away


def test_maps_of_other_networks_and_of_other_crops_are_not_continued(kept):
    values, pictures, _ = crops(120)
    assert mapper(values, pictures, "1" * 32).continued(kept, Control()) is None
    other = pictures.copy()
    other["region"] += 1
    assert mapper(values, other).continued(kept, Control()) is None
    assert mapper(values, pictures).continued(None, Control()) is None
    foreign = replace(kept, pictures=np.zeros(120, [("region", "<i8")]))
    assert mapper(values, pictures).continued(foreign, Control()) is None
    assert mapper(values, pictures).continued(replace(kept, points=kept.points[:0]), Control()) is None


def test_what_was_cancelled_goes_on_where_it_was():
    values, pictures, _ = crops(120)
    control = Control(lambda fraction, text: control.cancel() if fraction > 0.8 else None)
    first = mapper(values, pictures)
    with pytest.raises(Cancelled):
        first.arranged(first.begun(Control()), control)
    assert first.newest is not None and EARLY < first.newest.steps.max() < STEPS
    second, told = mapper(values, pictures), []
    made = second.arranged(
        second.continued(first.newest, Control()), Control(lambda fraction, text: told.append(fraction))
    )
    assert (made.steps == STEPS).all()
    assert min(each for each in told if each > mapping._COMPARED) > 0.8


def test_of_many_some_are_arranged_and_the_others_placed(monkeypatch):
    monkeypatch.setattr(mapping, "MOST", 60)
    values, pictures, groups = crops(200)
    made = whole(values, pictures)
    assert (made.steps > 0).sum() == 60 and np.isfinite(made.points).all()
    middles = np.array([made.points[groups == group].mean(0) for group in range(GROUPS)])
    nearest = ((made.points[:, None] - middles[None]) ** 2).sum(2).argmin(1)
    assert (nearest == groups).mean() > 0.9
    again = mapper(values, pictures)
    np.testing.assert_array_equal(again.arranged(again.continued(made, Control()), Control()).points, made.points)


@pytest.mark.parametrize("count", [1, 2, 3, 9, 10, 12])
def test_few_crops(count):
    values, pictures, _ = crops(count)
    made = whole(values, pictures)
    assert made.points.shape == (count, 2) and np.isfinite(made.points).all()


def test_a_place_is_the_median_of_the_most_similar():
    random = np.random.default_rng(3)
    settled = unit(random.normal(size=(5000, 16))).astype(np.float16)
    new = unit(random.normal(size=(2100, 16))).astype(np.float16)
    points = random.normal(size=(5000, 2)).astype(np.float32)
    found = place(new, settled, points, Control())
    cosines = unit(new) @ unit(settled).T
    wanted = np.median(points[np.argsort(-cosines, axis=1)[:, :NEAREST]], axis=1)
    assert (np.abs(found - wanted).max(1) < 1e-6).mean() > 0.999  # a tie may fall either way
    assert place(new[:3], settled[:2], points[:2], Control()).shape == (3, 2)


# Of a project -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def networks():
    return Networks("cpu")


@pytest.fixture
def project(tmp_path):
    with make_project(tmp_path) as made:
        yield made


def test_the_map_of_a_project_is_kept_and_follows_it(project, networks):
    published = []
    made = make_map(project.folder, networks, Control(on_partial=published.append))
    assert made.ids.tolist() == sorted(row.id for row in project.regions())
    assert published[0].steps.max() == 0 and (made.steps == STEPS).all()
    kept = read_map(project)
    np.testing.assert_array_equal(kept.points, made.points)
    gone = project.regions()[0]
    project.apply(Edit.removal("remove", [gone]))
    published.clear()
    now = make_map(project.folder, networks, Control(on_partial=published.append))
    assert gone.id not in now.ids.tolist() and len(published) == 1
    np.testing.assert_array_equal(now.points, made.points[made.ids != gone.id])
    project.undo()
    again = make_map(project.folder, networks, Control())
    np.testing.assert_array_equal(again.points, made.points)  # where it was


def test_a_damaged_map_is_made_anew(project, networks):
    made = make_map(project.folder, networks, Control())
    map_file(project).write_bytes(map_file(project).read_bytes()[:300])
    assert read_map(project) is None
    np.testing.assert_array_equal(make_map(project.folder, networks, Control()).points, made.points)


def test_what_was_cancelled_in_a_project_is_kept(project, networks):
    control = Control(lambda fraction, text: control.cancel() if fraction > 0.8 else None)
    with pytest.raises(Cancelled):
        make_map(project.folder, networks, control)
    assert 0 < read_map(project).steps.max() < STEPS
    assert make_map(project.folder, networks, Control()).steps.min() == STEPS


def test_where_nothing_can_be_read_that_is_said(project, networks):
    (project.folder.parent / "clip.mp4").unlink()
    with pytest.raises(InputError, match="none of the crops' pictures can be read"):
        make_map(project.folder, networks, Control())
