"""What the filter line finds, against every crop looked at by itself."""

from __future__ import annotations

import math
from fnmatch import fnmatchcase

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.errors import InputError
from studio.core.gallery.crops import SPLITS
from studio.core.gallery.query import parse
from studio.core.gallery.terms import quoted
from studio.core.project.row_checks import AUTHORS, STATES
from tests.core.gallery.many_crops import LABELS, MEASURED, make_crops

CROPS = make_crops(300)
TRACKS = sorted({int(track) for track in CROPS.table.tracks} - {0})


def rows(text, crops=CROPS):
    return np.flatnonzero(parse(text).mask(crops)).tolist()


def by_hand(holds):
    return [row for row in range(len(CROPS)) if holds(row)]


def label(row):
    return CROPS.labels[int(CROPS.table.labels[row])].name


def medium(row):
    return CROPS.media[int(CROPS.table.media[row])].path


def value(row, name):
    table, known = CROPS.table, CROPS.measures.get(name)
    if name == "size":
        return math.sqrt(table.boxes[row, 2] * table.boxes[row, 3])
    found = dict(zip(known.ids.tolist(), known.values.tolist(), strict=True)).get(int(table.ids[row]), math.nan)
    return float(table.scores[row]) if name == "score" and math.isnan(found) else found


TESTS = {">": float.__gt__, ">=": float.__ge__, "<": float.__lt__, "<=": float.__le__, "=": float.__eq__}


@st.composite
def conditions(draw):
    """A term, and what it means for a row."""
    kind = draw(st.sampled_from(("label", "medium", "choice", "flag", "measure", "frame", "track", "word")))
    table = CROPS.table
    if kind == "label":
        names = draw(st.lists(st.sampled_from((*LABELS, "*a*", "CUP", "s*R")), min_size=1, max_size=3))
        wanted = [name.casefold() for name in names]
        text = f"label:{','.join(map(quoted, names))}"
        return text, lambda row: any(fnmatchcase(label(row).casefold(), name) for name in wanted)
    if kind == "medium":
        name = draw(st.sampled_from(("garden*", "garden 1", "clip.mp4", "kitchen", "media/*", "*.MP4")))
        last = name.casefold()

        def called(row):
            path = medium(row).casefold()
            file = path.rsplit("/", 1)[-1]
            return any(fnmatchcase(each, last) for each in (path, file, file.split(".")[0]))

        return f'medium:"{name}"', called
    if kind == "choice":
        field, words, column = draw(
            st.sampled_from(
                (("source", AUTHORS, table.authors), ("state", STATES, table.states), ("split", SPLITS, CROPS.splits))
            )
        )
        chosen = draw(st.lists(st.sampled_from(words), min_size=1, max_size=2))
        return f"{field}:{','.join(each or 'none' for each in chosen)}", lambda row: words[column[row]] in chosen
    if kind == "flag":
        flags = {"keyframe": table.keyframes, "reviewed": table.reviewed, "duplicate": table.near_duplicates}
        name = draw(st.sampled_from(sorted(flags)))
        return name, lambda row: bool(flags[name][row])
    if kind == "measure":
        name, sign = draw(st.sampled_from((*MEASURED, "size"))), draw(st.sampled_from(sorted(TESTS)))
        limit = draw(st.sampled_from((0.1, 0.3, 0.5, 1, 100)))
        return f"{name}{sign}{limit}", lambda row: TESTS[sign](value(row, name), float(np.float32(limit)))
    if kind == "frame":
        low, high = sorted(draw(st.tuples(st.integers(0, 40), st.integers(0, 40))))
        return f"frame:{low}..{high}", lambda row: low <= table.frames[row] <= high
    if kind == "track":
        number = draw(st.integers(1, len(TRACKS)))
        written = draw(st.sampled_from((number, TRACKS[number - 1])))
        return f"track:{written}", lambda row: table.tracks[row] == TRACKS[number - 1]
    word = draw(st.sampled_from(("cup", "GARD", "a", "2", "t*p")))
    pattern = f"*{word.casefold()}*"
    return word, lambda row: any(
        fnmatchcase(each.casefold(), pattern) for each in (label(row), medium(row).rsplit("/", 1)[-1])
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(conditions(), st.booleans()), max_size=4))
def test_as_if_every_crop_were_looked_at(wanted):
    text = "  ".join("-" * negated + term for (term, _), negated in wanted)

    def holds(row):
        for (term, meant), negated in wanted:
            name = next((each for each in (*MEASURED, "size") if term.startswith(each)), "")
            if name and math.isnan(value(row, name)):
                return False
            if meant(row) == negated:
                return False
        return True

    assert rows(text) == by_hand(holds), text


def test_nothing_asked_finds_all():
    assert rows("") == rows("  - ") == list(range(len(CROPS)))


def test_what_is_unknown_is_found_by_none_alone():
    unknown = by_hand(lambda row: math.isnan(value(row, "doubt")))
    assert rows("doubt:none") == unknown
    assert sorted([*rows("doubt>0.4"), *rows("-doubt>0.4"), *unknown]) == list(range(len(CROPS)))
    assert rows("-doubt:none") == [row for row in range(len(CROPS)) if row not in unknown]
    assert rows("track:none") == by_hand(lambda row: CROPS.table.tracks[row] == 0)


def test_open_ranges_and_several_numbers():
    frames = CROPS.table.frames
    assert rows("frame:30..") == by_hand(lambda row: frames[row] >= 30)
    assert rows("frame:..3,17") == by_hand(lambda row: frames[row] <= 3 or frames[row] == 17)
    assert rows("track:2..3") == by_hand(lambda row: CROPS.table.tracks[row] in TRACKS[1:3])


def test_more_labels_than_are_compared_one_by_one():
    names = tuple(f"label {number}" for number in range(200))
    crops = make_crops(500, labels=names)
    wanted = [label for label, row in crops.labels.items() if "7" in row.name]
    assert rows("label:*7*", crops) == np.flatnonzero(np.isin(crops.table.labels, wanted)).tolist()


def test_needs_are_what_has_to_be_computed():
    assert parse('score>0.5 -doubt<0.3 size>9 label:cup "uniqueness"').needs == {"score", "doubt"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("labl:cup", "'label'"),
        ("doubt>much", "'much' is not a number"),
        ("doubt", "doubt>0.5"),
        ("doubt>", "what number"),
        ("track:1e30", "not a number"),
        ("label", "label:"),
        ("label:", "which label"),
        ("label>cup", "label:cup"),
        ("reviewed:yes", "-reviewed"),
        ("split:training", "train, val, test"),
    ],
)
def test_what_is_wrong_is_said_with_the_term(text, said):
    with pytest.raises(InputError, match=said) as error:
        parse(f"cup {text} -reviewed")
    assert str(error.value).startswith(f"in {text}: ")


def test_an_unknown_name_is_said_with_the_nearest():
    for text in ("label:cups", "-label:cups"):
        with pytest.raises(InputError, match="no label 'cups'; is it 'cup'"):
            rows(text)
    with pytest.raises(InputError, match=r"no medium 'clip.mp5'; is it 'clip.mp4'"):
        rows("medium:clip.mp5")
    assert rows("label:nothing*") == rows("nothing") == []


@given(st.text(max_size=30))
def test_any_text_is_a_query_or_one_sentence(text):
    try:
        rows(text)
    except InputError as error:
        assert str(error)


@given(st.text(min_size=1, max_size=12))
def test_a_quoted_name_is_one_value_again(name):
    (term,) = parse(f"label:{quoted(name)}").terms
    assert term.values == (name,)
