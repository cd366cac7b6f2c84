"""`studio layers`: the layers of a network, of a head, of an ONNX file."""

from __future__ import annotations

import json

from tests.ml.backbones import graphs


def test_the_bundled_network_is_listed(studio):
    code, out, _ = studio("layers")
    lines = out.splitlines()
    assert code == 0 and lines[0].split() == ["layer", "kind", "output", "parameters", "sees", "every"]
    assert lines[1].split() == ["conv1", "Conv2d", "64", "×", "32", "×", "32", "9,408", "7", "2"]


def test_json_has_every_row(studio):
    code, out, _ = studio("layers", "--backbone", "vgg16", "--json")
    document = json.loads(out)
    assert code == 0 and document["parameters"] == 138_357_544
    first = document["layers"][0]
    assert first == {
        "name": "features.0",
        "kind": "Conv2d",
        "shape": [64, 224, 224],
        "parameters": 1792,
        "receptive_field": 3,
        "stride": 1,
        "offset": 0.0,
        "depth": 1,
        "reads_picture": True,
    }


def test_a_head_shows_its_backbone_then_itself(studio, fitted):
    code, out, _ = studio("layers", "--project", fitted, "--json")
    rows = json.loads(out)["layers"]
    names = [row["name"] for row in rows]
    assert code == 0 and names[0] == "conv1" and "avgpool" in names and "fc" not in names
    machine = rows[names.index("svm.square")]
    assert machine["kind"].startswith("SVM") and machine["parameters"] > 512
    search = rows[names.index("search.square")]
    assert search["stride"] == 8 and search["receptive_field"] > rows[names.index("layer2.1.relu#2")]["receptive_field"]


def test_an_onnx_file_and_what_goes_wrong(studio, refused, tmp_path, fitted):
    code, out, _ = studio("layers", "--file", graphs.write(tmp_path / "talk.onnx"))
    assert code == 0 and "GlobalAveragePool" in out
    assert "unknown network" in refused("layers", "--backbone", "nonsense")
    assert "unknown head" in refused("layers", "--project", fitted, "--head", "nonsense")
    assert "give one of" in refused("layers", "--project", fitted, "--backbone", "vgg16")
    assert "give --project" in refused("layers", "--head", "head-1")
    assert "no file" in refused("layers", "--file", tmp_path / "missing.onnx")
