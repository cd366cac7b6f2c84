from __future__ import annotations

import numpy as np
import pytest

from studio.core.detections import Detections
from studio.core.draw import BACKGROUND_COLOR, LABEL_COLORS, draw_detections, draw_regions, drawable, label_colors
from studio.core.geometry import Box

BLUE, ORANGE = (0x4C, 0x9A, 0xFF), (0xF0, 0x88, 0x3E)


def grey(height=480, width=640):
    return np.full((height, width, 3), 100, np.uint8)


def found(*rows):
    """Detections from rows of label id, score, x, y, w, h."""
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, 2:].copy(), table[:, 1].copy(), table[:, 0].astype(np.int64))


def has(picture, color):
    return (picture == color).all(axis=2)


def draw(frame, *rows, labels=("cup", "hand"), threshold=0.5):
    return draw_detections(frame, found(*rows), labels, label_colors(len(labels)), threshold)


def test_a_box_is_drawn_on_a_copy_where_it_is():
    frame = grey()
    picture = draw(frame, (0, 0.9, 200, 150, 100, 80))
    assert (frame == 100).all()
    blue = has(picture, BLUE)
    assert blue[190, 200] and blue[190, 299] and blue[150, 250] and blue[229, 250]
    assert not blue[170:220, 210:290].any(), "the inside stays as it is"


def test_only_what_reaches_the_threshold_is_drawn():
    picture = draw(grey(), (0, 0.5, 50, 100, 60, 60), (1, 0.49, 300, 100, 60, 60))
    assert has(picture, BLUE).any() and not has(picture, ORANGE).any()


def test_nothing_detected_leaves_the_picture():
    assert (draw(grey()) == 100).all()


def test_the_better_one_is_on_top():
    same = (100, 200, 80, 80)
    picture = draw(grey(), (0, 0.9, *same), (1, 0.6, *same))
    assert has(picture, BLUE)[240, 100] and not has(picture, ORANGE)[240, 100]


def widest_row(picture):
    """The longest way from the first to the last pixel in the label's colour on one row: that of the name's plate."""
    rows = [np.flatnonzero(row) for row in has(picture, BLUE)]
    return max(row[-1] - row[0] + 1 for row in rows if len(row))


@pytest.mark.parametrize("box", [(2, 1, 60, 60), (600, 300, 40, 40), (-30, -30, 60, 60), (590, 460, 90, 90)])
def test_the_name_stays_inside_the_frame(box):
    names = ("a rather long name",)
    whole = widest_row(draw(grey(), (0, 0.9, 200, 150, 100, 80), labels=names))
    assert whole > 130, "wider than the boxes"
    assert widest_row(draw(grey(), (0, 0.9, *box), labels=names)) == whole


def test_the_name_has_a_plate_and_letters_of_strong_contrast():
    picture = draw(grey(), (0, 0.9, 200, 150, 100, 80))
    plate = picture[130:147, 199:240]
    assert has(plate, BLUE).any()
    assert (plate.astype(int).sum(axis=2) < 150).any(), "dark letters on a light plate"


def test_sizes_follow_the_frame():
    small = has(draw(grey(240, 320), (0, 0.9, 100, 100, 60, 60)), BLUE).sum()
    large = has(draw(grey(1440, 1920), (0, 0.9, 600, 600, 360, 360)), BLUE).sum()
    assert 15 < large / small < 60  # 36 times the area


def test_tiny_frames_and_wild_boxes_do_no_harm():
    assert draw(grey(8, 8), (0, 0.9, 1, 1, 4, 4)).shape == (8, 8, 3)
    assert draw(grey(), (0, 0.9, -1e9, 5, 3e9, 1e9), (0, 0.9, 5, 5, 0, 0)).shape == (480, 640, 3)


def test_regions_are_drawn_in_their_labels_colours_and_background_below():
    same = Box(200, 150, 100, 80)
    picture = draw_regions(grey(), [(same, "cup"), (same, "background")], {"cup": LABEL_COLORS[1]})
    assert has(picture, ORANGE)[190, 200]
    alone = draw_regions(grey(), [(same, "background")], {})
    assert has(alone, tuple(bytes.fromhex(BACKGROUND_COLOR[1:])))[190, 200]


def test_views_and_read_only_frames_are_taken():
    frame = grey()[:, ::-1]
    frame.flags.writeable = False
    assert has(draw(frame, (0, 0.9, 200, 150, 100, 80)), BLUE).any()


@pytest.mark.parametrize(
    ("name", "plain"),
    [("cup", "cup"), ("Blüte", "Blute"), ("Straße øl", "Strasse ol"), ("花", "?"), ("a\nb", "a b")],
)
def test_names_that_the_old_font_cannot_write_are_spelled_out(name, plain):
    assert drawable(name, all_letters=False) == plain


def test_the_new_font_keeps_every_letter():
    assert drawable("Blüte 花\n", all_letters=True) == "Blüte 花 "


def test_colours_start_again_when_they_run_out():
    assert label_colors(10)[8:] == list(LABEL_COLORS[:2])
