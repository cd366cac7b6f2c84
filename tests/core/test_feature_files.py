"""Feature maps on disk: whole or not at all, and nothing foreign is touched."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.feature_files import file_name, save_features
from studio.core.media.pictures import read_picture

PICTURE = np.full((4, 5, 3), 7, np.uint8)


def test_pictures_and_values_come_back(tmp_path):
    values = {"layer2.1.relu#2": np.arange(6, dtype=np.float32).reshape(1, 2, 3)}
    written = save_features(tmp_path / "new" / "folder", {"maps": PICTURE}, values, "features")
    assert [path.name for path in written] == ["maps.png", "features.npz"]
    np.testing.assert_array_equal(read_picture(written[0]), PICTURE)
    with np.load(written[1]) as archive:
        assert archive.files == ["layer2.1.relu#2"]
        np.testing.assert_array_equal(archive["layer2.1.relu#2"], values["layer2.1.relu#2"])


def test_nothing_is_overwritten_and_nothing_half_made_stays(tmp_path):
    (tmp_path / "features.npz").write_text("mine")
    with pytest.raises(InputError, match=r"features.npz exists already"):
        save_features(tmp_path, {"maps": PICTURE}, {}, "features")
    assert [path.name for path in tmp_path.iterdir()] == ["features.npz"]
    assert (tmp_path / "features.npz").read_text() == "mine"


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="is a file"):
        save_features(tmp_path / "out", {}, {}, "features")


def test_names_of_layers_are_safe_names_of_files():
    assert file_name("layer2.1.relu#2") == "layer2.1.relu#2"
    assert file_name("/Conv/../x y") == "_Conv_.._x_y"
