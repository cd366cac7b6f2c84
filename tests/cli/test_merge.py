"""`merge`: what it would do, some regions by a query, and all of another project."""

from __future__ import annotations

import json


def test_said_first_then_some_then_all(studio, labelled, empty, refused, whats_in):
    before = whats_in(labelled)
    code, said, _ = studio("merge", empty, labelled, "--dry-run")
    assert code == 0 and said.startswith("Adds 135 regions, 1 track, 1 new label and 1 medium to")
    assert whats_in(empty)["regions"] == {"background": 0}
    assert studio("merge", empty, labelled, "--find", "label:square frame<10")[0] == 0
    assert whats_in(empty)["regions"]["square"] == 10
    assert "10 regions that are there already" in studio("merge", empty, labelled, "--copy")[1]
    assert whats_in(empty)["regions"] == before["regions"]
    (medium,) = json.loads(studio("media", "list", empty, "--json")[1])
    assert medium["problem"] is None
    assert studio("check", empty)[0] == 0
    assert studio("merge", empty, labelled)[1].startswith("Everything is in")
    assert studio("undo", empty)[1].strip().endswith("merge project")
    assert whats_in(labelled) == before
    assert "is the project itself" in refused("merge", labelled, labelled)
    assert "nothing in project is found" in refused("merge", empty, labelled, "--find", "label:square frame>900")
    assert "must be measured first" in refused("merge", empty, labelled, "--find", "doubt>0.5")
