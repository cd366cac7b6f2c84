"""What is offered while somebody types."""

from __future__ import annotations

import pytest

from studio.core.gallery.completion import Names, complete

NAMES = Names({"cup": "#112233", "tea pot": "#445566", "background": "#777777"}, ("garden 1.mp4", "clip.mp4"))


def after(line, number=0):
    """The line after a completion was chosen; "|" is the cursor."""
    cursor = line.index("|")
    text = line.replace("|", "")
    chosen = complete(text, cursor, NAMES)[number]
    return text[: chosen.start] + chosen.text + text[chosen.end :]


def texts(line):
    return [each.text.strip() for each in complete(line.replace("|", ""), line.index("|"), NAMES)]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("lab|", "label:"),
        ("dou|", "doubt>"),
        ("cup -rev|", "cup -reviewed "),
        ("label:c|", "label:cup "),
        ("label:cup,te|", 'label:cup,"tea pot" '),
        ("label:te| doubt>0.3", 'label:"tea pot" doubt>0.3'),
        ("label:te|a doubt>0.3", 'label:"tea pot" doubt>0.3'),
        ('medium:"gard|', 'medium:"garden 1.mp4" '),
        ("split:v|", "split:val "),
        ("source:hu|", "source:human "),
        ("tea|", 'label:"tea pot" '),
        ("clip|", "medium:clip.mp4 "),
    ],
)
def test_the_best_one_is_taken(line, wanted):
    assert after(line) == wanted


def test_all_fields_before_anything_is_typed_and_all_values_behind_a_colon():
    assert texts("|")[:3] == ["label:", "medium:", "track:"] and "reviewed" in texts('label:"tea pot" |')
    assert texts("label:|") == ["cup", '"tea pot"', "background"]
    assert texts("split:|") == ["none", "train", "val", "test"]
    assert [each.color for each in complete("label:", 6, NAMES)] == ["#112233", "#445566", "#777777"]


def test_nothing_where_there_is_nothing_to_say():
    assert texts("doubt>0.|") == texts("frame:1|") == texts("no_field:x|") == []
    assert texts("label:cup|") == texts("reviewed|") == []


def test_the_line_is_never_damaged():
    for line in ('a"b c', "--", '"', "label:,,", 'label:"tea', "x:y:z"):
        for cursor in range(len(line) + 1):
            for each in complete(line, cursor, NAMES):
                assert 0 <= each.start <= cursor <= each.end <= len(line)
