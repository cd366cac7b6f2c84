"""All embeddings: as the network makes them, once; files that are damaged or foreign cost time only."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from studio.core.control import Cancelled, Control
from studio.core.geometry import Box, crop_window
from studio.core.project import Edit, Project
from studio.core.project.region_table import read_regions
from studio.ml.backbones.loading import load_backbone
from studio.ml.crops import cut
from studio.ml.device import choose
from studio.ml.gallery.looks import read_looks, sharpness_of
from studio.ml.gallery.vectors import read_vectors
from tests.ml.taught_project import make_project, scene
from tests.moving_square import HEIGHT, WIDTH


class Counting:
    """A backbone that counts the crops it is given."""

    def __init__(self, base):
        self._base, self.crops = base, 0

    def __getattr__(self, name):
        return getattr(self._base, name)

    def embed(self, crops):
        self.crops += len(crops)
        return self._base.embed(crops)


@pytest.fixture(scope="module")
def base():
    return load_backbone(None, choose("cpu"))


@pytest.fixture
def backbone(base):
    return Counting(base)


@pytest.fixture
def project(tmp_path):
    with make_project(tmp_path) as made:
        yield made


def read(project, backbone):
    media = {row.id: row for row in project.media()}
    return read_vectors(project, read_regions(project), media, backbone, Control())


def forget_embeddings(project):
    (project.cache / "features.db").unlink()


def rows_file(project):
    return next(project.cache.glob("vectors-*.rows"))


def test_they_are_those_of_the_network_with_length_one(project, backbone, base):
    found = read(project, backbone)
    rows = {row.id: row for row in project.regions()}
    assert found.ids.tolist() == sorted(rows) and found.unread == 0
    for region in found.ids[::5]:
        row = rows[int(region)]
        window = crop_window(Box(row.x, row.y, row.width, row.height), 64, WIDTH, HEIGHT)
        with_frame = _frame(project, row.frame)
        vector = base.embed(cut(with_frame, window, 64)[None])[0]
        own = found.values[np.searchsorted(found.ids, region)].astype(np.float64)
        np.testing.assert_allclose(own, vector / np.linalg.norm(vector), atol=2e-3)


def _frame(project, number):
    from studio.core.media import open_medium
    from studio.core.project.media import locate

    with open_medium(locate(project, project.media()[0])) as medium:
        return medium.frame(number)


def test_the_second_time_they_come_from_one_file(project, backbone):
    first = read(project, backbone)
    forget_embeddings(project)
    count = backbone.crops
    second = read(project, backbone)
    assert backbone.crops == count
    np.testing.assert_array_equal(first.values, second.values)


def test_only_what_changed_is_computed_anew(project, backbone):
    first = read(project, backbone)
    row = project.regions()[0]
    gone = project.regions()[1]
    project.apply(Edit.rows("move", [replace(row, x=row.x + 40)]))
    project.apply(Edit.removal("remove", [gone]))
    forget_embeddings(project)
    count = backbone.crops
    second = read(project, backbone)
    assert backbone.crops == count + 1
    assert second.ids.tolist() == [region for region in first.ids.tolist() if region != gone.id]
    kept = np.isin(first.ids, second.ids) & (first.ids != row.id)
    np.testing.assert_array_equal(first.values[kept], second.values[second.ids != row.id])
    assert not np.array_equal(first.values[first.ids == row.id], second.values[second.ids == row.id])


@pytest.mark.parametrize("damage", ["cut", "noise", "empty", "folder", "link"])
def test_a_damaged_file_is_made_again(project, backbone, tmp_path, damage):
    first = read(project, backbone)
    file = rows_file(project)
    content = file.read_bytes()
    file.unlink()
    if damage == "cut":
        file.write_bytes(content[:-3])
    elif damage == "noise":
        file.write_bytes(np.random.default_rng(0).bytes(len(content)))
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "folder":
        file.mkdir()
    else:
        (tmp_path / "elsewhere").write_bytes(content[:100])
        file.symlink_to(tmp_path / "elsewhere")
    np.testing.assert_array_equal(read(project, backbone).values, first.values)
    if damage == "link":
        assert (tmp_path / "elsewhere").read_bytes() == content[:100]
    if damage != "folder":
        assert file.read_bytes() == content


def test_what_cannot_be_read_is_unknown_until_it_can(project, backbone, tmp_path):
    clip = tmp_path / "clip.mp4"
    away = tmp_path / "away.mp4"
    shutil.move(clip, away)
    lost = read(project, backbone)
    assert lost.unread == len(lost.ids) > 0 and backbone.crops == 0
    shutil.move(away, clip)
    assert read(project, backbone).unread == 0


def test_nothing_to_read_is_nothing(tmp_path, backbone):
    with Project.create(tmp_path / "new") as project:
        found = read(project, backbone)
    assert found.ids.shape == (0,) and found.values.shape == (0, 512)


def test_it_can_be_stopped(project, backbone):
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        read_vectors(project, read_regions(project), {row.id: row for row in project.media()}, backbone, control)


def test_sharp_pictures_are_sharper_than_blurred_ones():
    import cv2

    picture = scene(3)
    values = [sharpness_of(cv2.GaussianBlur(picture, (0, 0), sigma)) for sigma in (0.5, 1, 2, 4)]
    assert values == sorted(values, reverse=True) and values[0] - values[-1] > 0.7
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float64)
    padded = np.pad(grey, 1, mode="reflect")
    laplacian = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:] - 4 * grey
    assert sharpness_of(picture) == pytest.approx(np.log10(laplacian.var()), abs=1e-4)
    assert sharpness_of(np.full((9, 9, 3), 200, np.uint8)) == -2


def test_looks_are_kept_with_the_regions(project):
    media = {row.id: row for row in project.media()}
    first = read_looks(project, read_regions(project), media, Control())
    assert np.isfinite(first.sharpness).all()
    second = read_looks(project, read_regions(project), {}, Control())  # no medium: nothing fits what was kept
    assert second.ids.tolist() == first.ids.tolist()
    third = read_looks(project, read_regions(project), media, Control())
    np.testing.assert_array_equal(first.sharpness, third.sharpness)
    np.testing.assert_array_equal(first.hashes, third.hashes)


def test_looks_that_nobody_needs_are_not_made_and_what_is_kept_of_them_stays(project):
    table, media = read_regions(project), {row.id: row for row in project.media()}
    needed = np.arange(len(table)) % 2 == 0
    some = read_looks(project, table, media, Control(), needed)
    np.testing.assert_array_equal(np.isfinite(some.sharpness), needed)
    assert not some.hashes[~needed].any()
    whole = read_looks(project, table, media, Control())
    np.testing.assert_array_equal(whole.hashes[needed], some.hashes[needed])
    again = read_looks(project, table, media, Control(), ~needed)
    np.testing.assert_array_equal(again.hashes, whole.hashes)
