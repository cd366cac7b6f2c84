"""`studio features`: sheets to look at, and the values as they are."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.media.pictures import read_picture, write_picture


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "noise.png"
    write_picture(path, np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8))
    return path


def test_values_and_sheets_of_the_wanted_layers(studio, image, tmp_path):
    from studio.ml.device import choose
    from studio.ml.looking.maps import look
    from studio.ml.looking.network import load_looked

    out = tmp_path / "out"
    code, printed, _ = studio(
        "features", image, out, "--layer", "conv1", "--layer", "layer4.1.relu#2", "--longest", 64, "--device", "cpu"
    )
    assert code == 0
    names = {"filters.png", "maps-conv1.png", "features.npz", "maps-layer4.1.relu#2.png"}
    names |= {f"maps-layer4.1.relu#2-{page}.png" for page in (2, 3, 4)}  # 512 channels
    assert {line.rpartition("/")[2] for line in printed.splitlines()} == names == {path.name for path in out.iterdir()}
    network = load_looked(None, choose("cpu"))
    expected = look(network, read_picture(image), ["conv1", "layer4.1.relu#2"], 64)
    with np.load(out / "features.npz") as archive:
        assert set(archive.files) == set(expected)
        for name in archive.files:
            assert archive[name].dtype == np.float32
            np.testing.assert_allclose(archive[name], expected[name].values, atol=1e-5)


def test_without_a_layer_all_stages_are_written(studio, image, tmp_path):
    assert studio("features", image, tmp_path / "out", "--longest", 64, "--device", "cpu")[0] == 0
    with np.load(tmp_path / "out" / "features.npz") as archive:
        assert "layer2.1.relu#2" in archive.files and "fc" in archive.files
    assert (tmp_path / "out" / "stages.png").is_file()


def test_what_cannot_be_done_is_one_line(refused, image, tmp_path):
    assert "no layer 'layer9'" in refused("features", image, tmp_path / "out", "--layer", "layer9")
    assert not (tmp_path / "out").exists()
    assert "unknown network 'nothing'" in refused("features", image, tmp_path / "out", "--backbone", "nothing")
    (tmp_path / "text.png").write_text("no picture")
    assert "cannot be read" in refused("features", tmp_path / "text.png", tmp_path / "out")


def test_nothing_is_overwritten(refused, image, tmp_path):
    (tmp_path / "features.npz").write_text("mine")
    assert "exists already" in refused("features", image, tmp_path, "--layer", "conv1", "--longest", 64)
    assert (tmp_path / "features.npz").read_text() == "mine"
    assert not list(tmp_path.glob("maps-*"))
