"""Following with a tracker that finds the object's picture again, and a network that sees nothing but colours."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError, StudioError
from studio.core.follow import KEYFRAME, LOST, OUTSIDE, UNSURE, Followed, FollowRequest, Start, Stop
from studio.core.geometry import Box, intersections, iou_matrix
from studio.core.media.writer import VideoWriter
from studio.core.plugins import trackers
from studio.core.project import BACKGROUND, Edit, Project, RegionRow, TrackRow, new_id
from studio.core.project.labels import make_label
from studio.core.project.media import add_medium
from studio.core.project.tracks import timeline, touched_negatives
from studio.core.truth import read_truth
from studio.ml.following import Course, follow, follow_frames
from studio.ml.trackers.base import Tracked
from tests.moving_square import GROUND, HEIGHT, RATE, SIDE, SQUARE, WIDTH, box_at

FRAMES, PHASE = 50, 3.1  # of the second square


class Colours:
    """A backbone whose embedding is the mean colour."""

    input_size, embedding_size, embedding_identity = 64, 3, ("mean colour",)

    def embed(self, crops):
        return crops.mean((1, 2)).astype(np.float32) + 1


class Finder:
    """Looks for the pixels of the first box in every frame."""

    def __init__(self, backbone):
        pass

    def start(self, frame, box):
        x, y, width, height = (round(value) for value in box)
        self._size = width, height
        self._wanted = frame[y : y + height, x : x + width]

    def update(self, frame):
        alike = cv2.matchTemplate(frame, self._wanted, cv2.TM_CCOEFF_NORMED)
        _, score, _, (x, y) = cv2.minMaxLoc(alike)
        return Tracked(Box(float(x), float(y), *map(float, self._size)), score) if score > 0.3 else None


@pytest.fixture
def finder(monkeypatch):
    monkeypatch.setattr(type(trackers["kcf"]), "load", lambda entry: Finder)


def picture(number, there=True):
    """Two squares of different texture."""
    frame = GROUND.copy()
    for shape, phase in ((SQUARE, 0.0), (SQUARE[::-1, ::-1, ::-1], PHASE)):
        x, y, _, _ = (int(value) for value in box_at(number, phase))
        if there:
            frame[y : y + SIDE, x : x + SIDE] = shape
    return frame


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "two.mp4"
    with VideoWriter(path, RATE, (WIDTH, HEIGHT)) as video:
        for number in range(FRAMES):
            video.write(picture(number))
    return path


@pytest.fixture
def project(tmp_path, clip, finder):
    with Project.create(tmp_path / "project") as opened:
        add_medium(opened, clip, "video", FRAMES, WIDTH, HEIGHT)
        opened.apply(Edit.rows("labels", [make_label(opened, "one")]))
        opened.apply(Edit.rows("labels", [make_label(opened, "two")]))
        yield opened


@pytest.fixture
def request_of(project):
    def made(frame=0, *starts, **more):
        starts = starts or (Start(project.label("one").id, box_at(frame)),)
        return FollowRequest(project.folder, project.media()[0].id, frame, starts, tracker="kcf", **more)

    return made


def go(request, control=None):
    return follow(request, Colours(), control or Control())


def objects(project, name="one"):
    return project.regions(label=project.label(name).id)


def background(project):
    return project.regions(label=project.label(BACKGROUND).id)


def box(row):
    return Box(row.x, row.y, row.width, row.height)


def draw(project, track, frame, at, state="visible"):
    """What a person's drawing of a box on a track leaves."""
    row = RegionRow(
        new_id(), track.medium, frame, track.label, track.id, *at, "human", True, None, False, state
    )  # fmt: skip
    old = touched_negatives(project, track.medium, {frame: at})
    old += [own for own in project.regions(track=track.id, label=track.label) if own.frame == frame]
    project.apply(Edit("draw", {**Edit.removal("", old).changes, **Edit.rows("", [row]).changes}))
    return row


def nothing_touches(project):
    positives = [row for row in project.regions() if row.label != project.label(BACKGROUND).id]
    for row in background(project):
        others = [box(other) for other in positives if other.frame == row.frame]
        assert not intersections(np.array([box(row)]), np.array(others)).any()


def test_a_box_is_followed_to_the_end_and_every_frame_is_told(project, request_of):
    told = []
    report = go(request_of(3, until=30), Control(on_partial=told.append))
    rows = objects(project)
    assert [row.frame for row in rows] == list(range(3, 31))
    assert min(iou_matrix(np.array([box(row)]), np.array([box_at(row.frame)]))[0, 0] for row in rows) > 0.9
    (track,) = report.tracks
    assert (track.stop, track.collected.frames, track.collected.last) == (None, 28, 30)
    assert {row.track for row in rows} == {track.track}
    assert all(isinstance(one, Followed) for one in told) and [one.frame for one in told] == list(range(3, 31))
    stored = {(row.frame, row.x, row.y) for row in background(project)}
    assert stored == {(one.frame, w.x, w.y) for one in told for box in one.boxes for w in box.negatives}
    assert told[0].boxes[0].score is None and 0 < told[1].boxes[0].score <= 1
    nothing_touches(project)


def test_backwards_to_the_first_frame_or_to_the_one_named(project, request_of):
    report = go(request_of(20, backwards=True, until=4))
    assert [row.frame for row in objects(project)] == list(range(4, 21))
    assert [row.keyframe for row in objects(project)] == [False] * 16 + [True]
    assert report.tracks[0].collected.last == 4
    track = project.tracks()[0].id
    go(request_of(4, Start(project.label("one").id, box(objects(project)[0]), track), backwards=True))
    assert [row.frame for row in objects(project)] == list(range(21))
    assert [row.keyframe for row in objects(project)] == [False] * 20 + [True]  # it went on from a tracker's box
    assert len({row.track for row in objects(project)}) == 1


def test_several_boxes_are_one_step_and_no_negative_touches_any_of_them(project, request_of):
    starts = [Start(project.label(name).id, box_at(0, phase)) for name, phase in (("one", 0), ("two", PHASE))]
    before = project.position
    report = go(request_of(0, *starts))
    assert [len(objects(project, name)) for name in ("one", "two")] == [FRAMES, FRAMES]
    assert [track.collected.frames for track in report.tracks] == [FRAMES, FRAMES]
    assert len({(row.frame, row.x, row.y, row.width) for row in background(project)}) == len(background(project))
    nothing_touches(project)
    lines = project.history()[before:]
    assert len(lines) > 1 and {line.group for line in lines} == {report.group}
    assert project.undo() == ["follow one, two in two.mp4"]
    assert project.regions() == [] and project.tracks() == []


def test_it_stops_at_a_keyframe_and_at_a_frame_marked_outside(project, request_of):
    first = go(request_of(0, until=5))
    track = project.tracks()[0]
    drawn = draw(project, track, 20, box_at(20))
    outside = draw(project, track, 35, box_at(35), state="outside")
    start = Start(track.label, box(objects(project)[5]), track.id)
    report = go(request_of(5, start))
    assert report.tracks[0].stop == Stop(20, KEYFRAME)
    assert [row.frame for row in objects(project)] == [*range(21), 35]
    report = go(request_of(20, Start(track.label, box(drawn), track.id)))
    assert report.tracks[0].stop == Stop(35, OUTSIDE)
    assert {drawn, outside} <= set(objects(project)) and len(objects(project)) == 36
    report = go(request_of(40, Start(track.label, box_at(40), track.id), backwards=True))
    assert report.tracks[0].stop == Stop(35, OUTSIDE)
    assert first.group != report.group


def test_a_correction_is_followed_from_there_on_to_the_next_keyframe(project, request_of):
    go(request_of(0))
    track = project.tracks()[0]
    late = draw(project, track, 35, box_at(35))
    before = objects(project)
    wrong = Box(10, 10, 60, 60)
    drawn = draw(project, track, 15, wrong)
    position = project.position
    report = go(request_of(15, Start(track.label, wrong, track.id)))
    after = objects(project)
    assert report.tracks[0].stop == Stop(35, KEYFRAME)
    assert [row.frame for row in after] == list(range(FRAMES))
    assert after[:15] == before[:15] and after[35:] == before[35:] and late in after and drawn in after
    assert all(row.width == 60 and row.author == "tracker" for row in after[16:35])
    assert len([row for row in background(project) if row.frame == 20]) <= 2  # the old ones are replaced
    nothing_touches(project)
    assert project.undo() == ["follow one in two.mp4"]
    assert project.regions() == project.regions(at=position)


def test_an_object_that_is_lost_leaves_nothing_of_the_old_path(project, request_of):
    go(request_of(0))
    track = project.tracks()[0]
    late = draw(project, track, 40, box_at(40))
    ground = Box(250, 200, 12, 12)  # flat ground, which the second square comes to cover
    monkey = request_of(10, Start(track.label, ground, track.id))
    Finder.update, whole = lambda self, frame: None, Finder.update
    try:
        report = go(monkey)
    finally:
        Finder.update = whole
    assert report.tracks[0].stop == Stop(11, LOST)
    assert [row.frame for row in objects(project)] == [*range(11), *range(40, FRAMES)]
    assert late in objects(project)
    assert not any(10 < row.frame < 40 for row in background(project))


def test_what_a_person_does_meanwhile_wins(project, request_of):
    go(request_of(0))
    track = project.tracks()[0]

    def interfere(followed):
        if followed.frame == 20:
            with Project.open(project.folder, write=True) as other:
                draw(other, track, 24, Box(5, 5, 30, 30))

    report = go(request_of(10, Start(track.label, box_at(10), track.id)), Control(on_partial=interfere))
    assert report.tracks[0].stop == Stop(24, KEYFRAME)
    rows = objects(project)
    assert [row.frame for row in rows] == list(range(FRAMES)) and box(rows[24]) == Box(5, 5, 30, 30)


def test_cancelling_keeps_what_was_found(project, request_of):
    group = project.new_group()
    control = Control(on_partial=lambda followed: control.cancel() if followed.frame == 20 else None)
    with pytest.raises(Cancelled):
        go(request_of(0, group=group), control)
    assert [row.frame for row in objects(project)] == list(range(21))
    assert {line.group for line in project.history() if line.text.startswith("follow")} == {group}
    project.undo()
    assert project.regions() == []


def test_an_undo_meanwhile_ends_it(project, request_of):
    def interfere(followed):
        if followed.frame == 20:
            with Project.open(project.folder, write=True) as other:
                other.undo()

    with pytest.raises(StudioError, match="was undone while it went on"):
        go(request_of(0), Control(on_partial=interfere))
    assert project.regions() == []


def test_frames_that_a_live_source_leaves_out_are_no_stop(project):
    label = project.label("one").id
    numbers = [0, 1, 4, 5, 9, 14, 15, 22]
    frames = ((number, picture(number)) for number in numbers)
    report = follow_frames(
        project, project.media()[0], frames, [Start(label, box_at(0))], Colours(), Control(), tracker="kcf"
    )
    assert [row.frame for row in objects(project)] == numbers
    assert report.tracks[0].stop is None


def test_until_unsure_stops_at_the_first_doubtful_frame(project, request_of, monkeypatch):
    find = Finder.update

    def unsure(self, frame):
        self.seen = getattr(self, "seen", 0) + 1
        tracked = find(self, frame)
        return tracked._replace(score=0.4) if self.seen == 12 else tracked

    monkeypatch.setattr(Finder, "update", unsure)
    assert go(request_of(0, until_unsure=True)).tracks[0].stop == Stop(12, UNSURE)
    assert [row.frame for row in objects(project)] == list(range(12))
    assert go(request_of(0)).tracks[0].stop is None


def test_a_drawn_box_without_a_track_becomes_the_first_of_one(project, request_of):
    label = project.label("one").id
    drawn = RegionRow(
        new_id(), project.media()[0].id, 0, label, None, *box_at(0), "human", True, None, False, "visible"
    )  # fmt: skip
    project.apply(Edit.rows("draw", [drawn]))
    report = go(request_of(0, until=10))
    assert objects(project)[0] == replace(drawn, track=report.tracks[0].track)
    assert len(objects(project)) == 11
    project.undo()
    assert objects(project) == [drawn]


def test_one_of_several_may_stop_alone(project, request_of):
    track = TrackRow(new_id(), project.media()[0].id, project.label("two").id)
    project.apply(Edit.rows("track", [track]))
    draw(project, track, 18, box_at(18, PHASE))
    starts = Start(project.label("one").id, box_at(0)), Start(track.label, box_at(0, PHASE), track.id)
    report = go(request_of(0, *starts))
    assert [one.stop for one in report.tracks] == [None, Stop(18, KEYFRAME)]
    assert [len(objects(project, name)) for name in ("one", "two")] == [FRAMES, 19]
    nothing_touches(project)


@pytest.mark.parametrize(
    "change, says",
    [({"medium": 7}, "no such medium"), ({"frame": FRAMES}, f"no frame {FRAMES}"), ({"starts": ()}, "no box"),
     ({"until": FRAMES}, f"no frame {FRAMES}"), ({"frame": 9, "until": 3}, "9 to 3"),
     ({"frame": 9, "until": 12, "backwards": True}, "12 to 9"),
     ({"starts": (Start(7, box_at(0)),)}, "no such label"), ({"tracker": "magic"}, "magic")],
)  # fmt: skip
def test_a_bad_request_is_said_and_changes_nothing(project, request_of, change, says):
    before = project.position
    with pytest.raises(InputError, match=says):
        go(replace(request_of(0), **change))
    assert project.position == before


def test_a_track_must_fit_and_is_followed_once(project, request_of):
    go(request_of(0, until=3))
    track, one, two = project.tracks()[0].id, project.label("one").id, project.label("two").id
    for starts in ([Start(two, box_at(0), track)], [Start(one, box_at(0), 7)]):
        with pytest.raises(InputError, match="no such track"):
            go(request_of(0, *starts))
    with pytest.raises(InputError, match="one box"):
        go(request_of(0, Start(one, box_at(0), track), Start(one, box_at(3), track)))
    with pytest.raises(InputError, match="label of negatives"):
        go(request_of(0, Start(project.label(BACKGROUND).id, box_at(0))))


@pytest.mark.slow
def test_the_bag_of_the_real_clip_both_ways(shared, tmp_path):
    from studio.ml.backbones.loading import load_backbone
    from studio.ml.device import choose

    videos = shared / "data" / "videos"
    truth = read_truth(videos / "bag.truth.txt")
    middle, length = 60, 30
    with Project.create(tmp_path / "bags") as project:
        medium = add_medium(project, videos / "bag.avi", "video", len(truth), 480, 360)
        label = make_label(project, "bag")
        project.apply(Edit.rows("label", [label]))
        backbone, start = load_backbone(None, choose("cpu")), Start(label.id, Box(*truth[middle]))
        ask = FollowRequest(project.folder, medium.id, middle, (start,), until=middle + length)
        on = follow(ask, backbone, Control())
        back = Start(label.id, start.box, on.tracks[0].track)
        follow(replace(ask, starts=(back,), until=middle - length, backwards=True), backbone, Control())
        rows = objects(project, "bag")
        assert [row.frame for row in rows] == list(range(middle - length, middle + length + 1))
        overlaps = [iou_matrix(np.array([box(row)]), truth[row.frame][None])[0, 0] for row in rows]
        assert np.mean(overlaps) > 0.7 and min(overlaps) > 0.4
        (line,) = timeline(project, medium.id).lines
        assert line.keyframes.sum() == 1 and len(line.frames) == len(rows)


def test_a_course_says_where_it_ends(project):
    frames = ((number, picture(number)) for number in range(20, -1, -1))
    told = []
    follow_frames(
        project, project.media()[0], frames, [Start(project.label("one").id, box_at(20))], Colours(),
        Control(on_progress=lambda share, text: told.append(share)), Course(backwards=True, last=0), "kcf",
    )  # fmt: skip
    assert told == sorted(told) and told[0] == 0 and 0.9 < told[-1] < 1
