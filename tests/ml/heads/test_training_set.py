"""What a project says a head should learn: the whole truth of a frame, evenly chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.core.control import Control
from studio.core.geometry import Box
from studio.core.media import open_medium
from studio.core.media.recording import Recorder
from studio.core.project import BACKGROUND, Edit, Project, RegionRow, TrackRow, new_id
from studio.core.project.labels import make_label
from studio.core.project.marks import mark
from studio.core.project.media import add_medium
from studio.ml.backbones.loading import load_backbone
from studio.ml.device import choose
from studio.ml.heads.dense_fit import MOST_CELLS, TooThin, choose_window, fit_dense
from studio.ml.heads.dense_frames import LabelledFrame
from studio.ml.heads.fit import fit
from studio.ml.heads.tiles import covered
from studio.ml.heads.training_set import MOST_WINDOWS, OpenMedia, labelled_frames, read_regions, windows_of
from studio.ml.search.coarse import four_windows
from tests.moving_square import HEIGHT, SIDE, WIDTH, box_at, picture, write_video

FRAMES = 24


@pytest.fixture
def project(tmp_path):
    clip = write_video(tmp_path / "clip.mp4", FRAMES)
    with Project.create(tmp_path / "project") as project:
        with open_medium(clip) as medium:
            add_medium(project, clip, medium.kind, medium.frame_count, *medium.size)
        label = make_label(project, "cup")
        track = TrackRow(new_id(), project.media()[0].id, label.id)
        project.apply(Edit.rows("label", [label, track]))
        yield project


def region(project, label, frame, box, near_duplicate=False, state="visible"):
    medium, track = project.media()[0].id, project.tracks()[0].id
    where = (new_id(), medium, frame, project.label(label).id, track)
    return RegionRow(*where, *map(float, box), "tracker", False, 1.0, near_duplicate, state)


def fill(project, state="visible"):
    """A moving cup, one that stands still (near-duplicates but for the first), and background."""
    rows = []
    for frame in range(FRAMES):
        rows.append(region(project, "cup", frame, box_at(frame)))
        rows.append(region(project, "cup", frame, Box(4, 180, 40, 40), frame > 0 and state == "visible", state))
        rows.append(region(project, BACKGROUND, frame, Box(250, 0, 64, 64)))
    project.apply(Edit.rows("two cups", rows))


def test_a_near_duplicate_on_a_frame_is_an_object_and_no_background(project):
    fill(project)
    with OpenMedia(project) as media:
        frames = labelled_frames(project, read_regions(project), project.label("cup").id, media)
        windows = windows_of(read_regions(project), media, project.label(BACKGROUND).id, 64)
    assert {len(frame.boxes) for frame in frames} == {2}
    still = Box(4, 180, 40, 40)
    for place, label in zip(windows.places, windows.labels, strict=True):
        if label == project.label(BACKGROUND).id:
            assert not overlap(place.window, still), place


def test_an_occluded_object_is_neither(project):
    fill(project, state="occluded")
    with OpenMedia(project) as media:
        frames = labelled_frames(project, read_regions(project), project.label("cup").id, media)
        windows = windows_of(read_regions(project), media, project.label(BACKGROUND).id, 64)
    assert {(len(frame.boxes), len(frame.ignore)) for frame in frames} == {(1, 1)}
    widest = max(place.window.side for place in windows.places)
    tiles = [place.window for place in windows.places if place.window.side == widest]
    assert not any(overlap(window, Box(4, 180, 40, 40)) for window in tiles)


def test_an_ignore_box_is_neither_positive_nor_negative(project):
    fill(project, state="ignore")
    beside = region(project, BACKGROUND, 3, Box(0, 170, 64, 64))
    project.apply(Edit.rows("a negative in the ignore box", [beside]))
    regions = read_regions(project)
    assert beside.id not in {row.id for row in regions.usable}
    with OpenMedia(project) as media:
        frames = labelled_frames(project, regions, project.label("cup").id, media)
        windows = windows_of(regions, media, project.label(BACKGROUND).id, 64)
    assert {(len(frame.boxes), len(frame.ignore)) for frame in frames} == {(1, 1)}
    ignored = np.array([[4.0, 180, 40, 40]])
    for place in windows.places:
        assert not covered(np.array([[*place.window[:2], place.window.side, place.window.side]]), ignored)[0]


@pytest.mark.parametrize("state", ["rejected", "outside"])
def test_rejected_and_outside_boxes_are_no_objects(project, state):
    fill(project, state=state)
    with OpenMedia(project) as media:
        frames = labelled_frames(project, read_regions(project), project.label("cup").id, media)
    assert {(len(frame.boxes), len(frame.ignore)) for frame in frames} == {(1, 0)}


def test_a_rejected_box_is_a_negative_for_its_label_alone(project):
    fill(project)
    other = make_label(project, "bowl")
    project.apply(Edit.rows("another label", [other]))
    wrong = Box(200, 10, 48, 48)
    rejected = replace(region(project, "cup", 5, wrong, state="rejected"), keyframe=True, track=None)
    nowhere_else = replace(rejected, id=new_id(), frame=9, label=other.id)
    project.apply(Edit.rows("reject", [rejected, nowhere_else]))
    cup, background, regions = project.label("cup").id, project.label(BACKGROUND).id, read_regions(project)
    with OpenMedia(project) as media:
        windows = windows_of(regions, media, background, 64)
        frames = {label: labelled_frames(project, regions, label, media) for label in (cup, other.id)}
    row = int(np.flatnonzero(windows.regions == rejected.id)[0])
    assert (windows.labels[row], windows.against[row], windows.taught[row]) == (background, cup, True)
    assert windows.for_label(cup)[row] and not windows.for_label(other.id)[row]
    assert [tuple(frame.rejected[0]) for frame in frames[cup] if len(frame.rejected)] == [wrong]
    (alone,) = frames[other.id]  # all that is known of it is that one box is no bowl
    assert alone.number == 9 and not alone.complete and not len(alone.boxes) and len(alone.rejected) == 1


def test_where_nothing_was_kept_of_a_camera_nothing_is_learned(project, tmp_path):
    """A gap shows the frame before it, which may hold an object."""
    with Recorder(tmp_path / "camera") as recorder:
        for frame in range(10):
            recorder.add(picture(frame), frame / 25)
    times = tmp_path / "camera" / "times.txt"
    lines = times.read_text().splitlines(keepends=True)
    times.write_text("".join(lines[number] for number in (0, 4, 9)))
    row = add_medium(project, tmp_path / "camera", "camera", 10, WIDTH, HEIGHT)
    project.apply(mark(project, row, project.label("cup"), 1, 9, "nothing"))
    with OpenMedia(project) as media:
        frames = labelled_frames(project, read_regions(project), project.label("cup").id, media)
    assert [(frame.number, frame.complete) for frame in frames] == [(4, True), (9, True)]


def test_thinning_keeps_the_share_of_positives_and_negatives(project):
    count = MOST_WINDOWS * 3 // 4
    rows = []
    for number in range(count):
        frame = number * FRAMES // count
        rows.append(region(project, "cup", frame, Box(number % 200, 50, 48, 48)))
        rows += [region(project, BACKGROUND, frame, Box(x, 150, 64, 64)) for x in (0, 200)]
    project.apply(Edit.rows("many", rows))
    with OpenMedia(project) as media:
        windows = windows_of(read_regions(project), media, project.label(BACKGROUND).id, 64)
    negatives = (windows.labels == project.label(BACKGROUND).id).mean()
    assert 0.6 < negatives < 0.72  # two to one
    assert len(windows.labels) < 1.3 * MOST_WINDOWS


@pytest.mark.parametrize(("width", "height"), [(600, 60), (50, 900), (96, 96)])
def test_the_window_of_a_long_object_keeps_its_shape(width, height):
    window = choose_window(np.array([[0, 0, width, height]], float), 8)
    assert max(window.columns, window.rows) <= MOST_CELLS
    assert window.columns / window.rows == pytest.approx(width / height, rel=0.5)


def test_an_object_too_thin_for_windows_still_gets_a_crop_part(project):
    rows = []
    for frame in range(FRAMES):
        rows.append(region(project, "cup", frame, Box(10, 100 + frame, 300, 5)))
        rows.append(region(project, BACKGROUND, frame, Box(frame, 0, 64, 64)))
    project.apply(Edit.rows("a wire", rows))
    backbone = load_backbone(None, choose("cpu"))
    fitted = fit(project, "wire", backbone, "rbf", 0, Control())
    assert not fitted.head.dense
    assert "thin" in str(fitted.head.card.why_not_dense)
    assert fitted.head.card.name == "wire"
    blank = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    with pytest.raises(TooThin):
        fit_dense(backbone, [LabelledFrame(blank, np.array([[10.0, 100, 300, 5]]))], 0, Control())


def test_windows_that_would_be_the_same_are_looked_at_once():
    assert len(four_windows(960, 400, 1056, 1920, 800)) == 2
    assert len(four_windows(WIDTH / 2, HEIGHT / 2, 2 * SIDE, WIDTH, HEIGHT)) == 4


def overlap(window, box):
    across = min(window.x + window.side, box.x + box.width) - max(window.x, box.x)
    down = min(window.y + window.side, box.y + box.height) - max(window.y, box.y)
    return across > 0 and down > 0
