"""The map in the project's cache: it comes back as it was, and nothing else is taken for it."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from studio.core.gallery.crop_map import KEPT_FILES, CropMap, keep_map, map_file, read_map
from studio.core.project import Project
from studio.core.project.chosen_backbone import set_chosen_backbone

FIELDS = [("region", "<i8"), ("frame", "<i8")]


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project") as made:
        yield made


def crop_map(count=5):
    pictures = np.zeros(count, FIELDS)
    pictures["region"] = np.arange(count) * 2 + 2**61
    points = np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32)
    return CropMap(pictures, points, np.full(count, 750, np.uint16), "ab" * 16)


def test_it_comes_back_as_it_was(project):
    assert read_map(project) is None
    for made in (crop_map(), crop_map(0), crop_map(3)):
        keep_map(project, made)
        found = read_map(project)
        assert found.network == made.network and found.pictures.dtype == made.pictures.dtype
        for name in ("pictures", "points", "steps", "ids"):
            np.testing.assert_array_equal(getattr(found, name), getattr(made, name))


def test_each_network_has_its_own_and_few_are_kept(project):
    keep_map(project, crop_map(4))
    set_chosen_backbone(project, "resnet50")
    assert read_map(project) is None
    for number in range(KEPT_FILES + 2):
        set_chosen_backbone(project, f"network{number}")
        keep_map(project, crop_map(number + 1))
    assert len(read_map(project).points) == KEPT_FILES + 2
    assert len(list(project.cache.glob("map-*"))) == KEPT_FILES


def test_other_contents_are_no_map(project):
    made = crop_map()
    for wrong in (
        replace(made, points=made.points[:4]),
        replace(made, points=made.points.astype(np.float64)),
        replace(made, points=np.full_like(made.points, np.nan)),
        replace(made, steps=made.steps.astype(np.int64)),
        replace(made, pictures=made.pictures[::-1]),
        replace(made, pictures=np.zeros(5, [("frame", "<i8")])),
        replace(made, pictures=np.zeros(5, np.int64)),
    ):
        keep_map(project, wrong)
        assert map_file(project).is_file() and read_map(project) is None


def test_damage_and_what_strangers_wrote_are_no_map(project):
    keep_map(project, crop_map(500))
    whole = map_file(project).read_bytes()
    random = np.random.default_rng(1)
    for _ in range(150):
        broken = bytearray(whole)
        for at in random.integers(0, len(broken), 40):
            broken[at] ^= int(random.integers(1, 256))
        map_file(project).write_bytes(bytes(broken))
        found = read_map(project)
        assert found is None or np.isfinite(found.points).all()
    for content in (b"", b"PK", whole[:200], b"\x80\x04K\x01."):
        map_file(project).write_bytes(content)
        assert read_map(project) is None


def test_neither_pickles_nor_what_swells(project):
    project.cache.mkdir(exist_ok=True)
    np.savez(map_file(project), pictures=np.array([{}], object), points=0, steps=0, network="")
    assert read_map(project) is None
    zeros = io.BytesIO()
    np.save(zeros, np.zeros((2**22, 2), np.float32))
    with zipfile.ZipFile(map_file(project), "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("pictures", "points", "steps", "network"):
            file.writestr(f"{name}.npy", zeros.getvalue())
    assert map_file(project).stat().st_size < 1e6
    assert read_map(project) is None
