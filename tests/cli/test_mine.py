"""`studio mine`: hard negatives on the command line."""

from __future__ import annotations

import json


def test_hard_negatives_are_stored_as_one_step(studio, fitted, whats_in, monkeypatch):
    monkeypatch.setattr("studio.ml.gallery.mining.LEAST", 0.0)  # so simple a clip has none that are hard
    monkeypatch.setattr("studio.ml.gallery.mining.MOST_FRAMES", 4)
    before = whats_in(fitted)
    code, out, _ = studio("mine", fitted, "--limit", 3, "--medium", "clip.mp4", "--device", "cpu", "--json")
    document = json.loads(out)
    assert code == 0 and document["frames"] == 4 and document["frames_there"] == 45
    after, stored = whats_in(fitted), document["stored"]
    assert 0 < len(stored) <= 3
    assert after["history"] == before["history"] + 1 and after["regions"] == before["regions"]
    assert after["other_regions"]["rejected"] == len(stored)
    assert {each["label"] for each in stored} == {"square"} and all(0 <= each["score"] <= 1 for each in stored)
    assert studio("undo", fitted)[0] == 0
    assert whats_in(fitted)["other_regions"] == before["other_regions"]


def test_without_a_head_nothing_is_mined(refused, labelled):
    assert "no head yet" in refused("mine", labelled)


def test_what_there_is_not_is_said(refused, fitted):
    assert "unknown head 'other'" in refused("mine", fitted, "--head", "other")
    refused("mine", fitted, "--medium", "nowhere.mp4")
