"""`compare` as a person uses it."""

from __future__ import annotations

import json


def test_a_head_and_its_twin_agree_on_every_frame(studio, refused, fitted, clip, tmp_path):
    studio("heads", "export", fitted, "head-1", tmp_path / "twin.zip")
    studio("heads", "import", fitted, tmp_path / "twin.zip", "--name", "twin")
    asked = ("compare", fitted, clip, "head-1", "twin", "--start", 42, "--end", 47, "--device", "cpu")
    code, out, said = studio(*asked, "--json")
    assert code == 0, said
    found = json.loads(out)
    assert found["heads"] == ["head-1", "twin"] and found["start"] == 42 and found["frames"] == 6
    assert found["agree"] + found["neither"] == 6 and found["agree"] >= 3 and found["differing"] == []
    both = found["scores"]["square"]
    assert both["head-1"] == both["twin"] and both["twin"]["frames"] == 3 and both["twin"]["f1"] > 0.5
    assert "agrees with itself" in refused("compare", fitted, clip, "twin", "twin", "--device", "cpu")
    assert "unknown head" in refused("compare", fitted, clip, "twin", "nobody", "--device", "cpu")
