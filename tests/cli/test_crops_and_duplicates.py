"""`studio crops` and `studio duplicates`: what the gallery finds, on the command line."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def listed(studio):
    def call(*arguments):
        code, out, _ = studio("crops", *arguments, "--json")
        assert code == 0
        return json.loads(out)

    return call


def test_crops_are_listed_filtered_and_sorted(listed, labelled, whats_in):
    count = sum(whats_in(labelled)["regions"].values())
    everything = listed(labelled, "--limit", 10_000)
    assert everything["found"] == len(everything["crops"]) == count
    frames = [crop["frame"] for crop in everything["crops"]]
    assert frames == sorted(frames)
    found = listed(labelled, "--filter", "label:square frame<10", "--sort", "sharpness", "--limit", 10_000)
    assert {crop["label"] for crop in found["crops"]} == {"square"} and found["found"] == 10
    values = [crop["sharpness"] for crop in found["crops"]]
    assert values == sorted(values)


def test_a_measure_of_the_filter_is_computed(listed, labelled):
    some = listed(labelled, "--filter", "uniqueness>0.01", "--sort", "uniqueness", "--limit", 10_000)["crops"]
    values = [crop["uniqueness"] for crop in some]
    assert values == sorted(values, reverse=True) and min(values) > 0.01
    first = some[0]["id"]
    alike = listed(labelled, "--sort", "likeness", "--like", first)["crops"]
    assert alike[0]["id"] == first and alike[0]["likeness"] == pytest.approx(1, abs=1e-3)


def test_scores_are_those_of_the_head(listed, fitted):
    found = listed(fitted, "--sort", "score", "--filter", "label:square", "--limit", 3)["crops"]
    assert found[0]["score"] > 0.5


def test_lines_for_people(studio, labelled):
    code, out, lines = studio("crops", labelled, "--limit", 2, "--filter", "label:square")
    assert code == 0 and len(out.splitlines()) == 2 and "square" in out
    assert lines[-1].endswith("the first 2")


def test_what_cannot_be(refused, labelled):
    assert "cannot be sorted by 'beauty'" in refused("crops", labelled, "--sort", "beauty")
    assert "--like" in refused("crops", labelled, "--sort", "likeness")
    assert "no head yet" in refused("crops", labelled, "--sort", "doubt")
    assert "there is no" in refused("crops", labelled, "--filter", "beauty>3")
    assert "0.9 to 1" in refused("duplicates", labelled, "--similarity", 0.5)


def test_duplicates_are_removed_as_one_step(studio, labelled, whats_in):
    before = whats_in(labelled)["regions"]
    code, out, lines = studio("duplicates", labelled, "--similarity", 0.97, "--json")
    groups = json.loads(out)
    more = sum(len(group["crops"]) - 1 for group in groups)
    assert code == 0 and more > 0 and whats_in(labelled)["regions"] == before
    code, _, lines = studio("duplicates", labelled, "--similarity", 0.97, "--remove")
    assert code == 0 and any(f"removed {more} near-duplicates" in line for line in lines)
    assert sum(before.values()) - sum(whats_in(labelled)["regions"].values()) == more
    kept = {group["crops"][0]["id"] for group in groups}
    left = {crop["id"] for crop in json.loads(studio("crops", labelled, "--limit", 10_000, "--json")[1])["crops"]}
    assert kept <= left
    assert studio("undo", labelled)[0] == 0 and whats_in(labelled)["regions"] == before
