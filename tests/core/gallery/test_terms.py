"""Chips and the line are the same text."""

from __future__ import annotations

from studio.core.gallery.terms import renamed, said, terms, with_only, with_term, without

LINE = 'label:cup,"tea pot"  doubt>=0.3 -reviewed "two words" frame:10..200'


def test_terms_know_where_they_stand():
    found = terms(LINE)
    assert [LINE[term.start : term.end] for term in found] == [term.text for term in found]
    assert [term.text for term in found] == [
        'label:cup,"tea pot"', "doubt>=0.3", "-reviewed", '"two words"', "frame:10..200",
    ]  # fmt: skip
    assert found[0].values == ("cup", "tea pot") and found[1].operator == ">=" and found[2].negated


def test_in_words():
    assert [said(term) for term in terms(LINE)] == [
        "label: cup or tea pot", "doubt ≥ 0.3", "not reviewed", "two words", "frame: 10 to 200",
    ]  # fmt: skip


def test_a_term_goes_and_comes():
    found = terms(LINE)
    assert without(LINE, found[1]) == 'label:cup,"tea pot" -reviewed "two words" frame:10..200'
    assert without("cup", terms("cup")[0]) == ""
    assert with_term("", "reviewed") == "reviewed" and with_term("cup ", "reviewed") == "cup reviewed"


def test_one_field_is_asked_for_anew():
    assert with_only("doubt>0.3 label:cup -label:tray label:hand", "label", "label:pot") == (
        "doubt>0.3 label:pot -label:tray"
    )
    assert with_only("doubt>0.3", "label", "label:pot") == "label:pot doubt>0.3"
    assert with_only("label:cup doubt>0.3", "label", "") == "doubt>0.3"
    assert with_only("doubt>0.3", "label", "") == "doubt>0.3"


def test_a_line_with_other_names():
    names = {"cup": "tea cup", "pen": "pencil"}
    assert renamed('-label:Cup,"pen" doubt>0.3', "label", names) == '-label:"tea cup",pencil doubt>0.3'
    assert renamed("cup medium:cup label:c*", "label", names) == "cup medium:cup label:c*"
