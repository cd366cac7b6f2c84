"""The augmented batch: seeded, each way alone against numpy and OpenCV, and the originals beside it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from studio.core.augmentation import (
    Augmentation,
    augmentation_fields,
    read_augmentation,
    save_augmentation,
)
from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.gallery.crops import read_crops
from studio.core.geometry import Box, crop_window
from studio.core.project import Edit, Project, SplitRow, new_id
from studio.core.project.copies import open_copy, save_copy
from studio.core.project.folders import AUGMENTATION
from studio.core.project.unused import remove_unused
from studio.ml.augmenting import ROOM, augmented, batch_ids, cut_wide, read_batch
from studio.ml.crops import cut
from tests.ml.taught_project import make_project, scene
from tests.moving_square import HEIGHT, WIDTH, box_at

SIDE = 64
KEYS = np.arange(6)


def only(**changes):
    return Augmentation(**(Augmentation.none().model_dump() | changes))


@pytest.fixture(scope="module")
def wide():
    """Smooth coloured pictures."""
    noise = np.random.default_rng(0).integers(40, 216, (6, 12, 12, 3), np.uint8)
    return np.stack([cv2.resize(each, (ROOM * SIDE, ROOM * SIDE), interpolation=cv2.INTER_CUBIC) for each in noise])


def middle(wide):
    return wide[:, SIDE // 2 : -SIDE // 2, SIDE // 2 : -SIDE // 2]


def test_nothing_changes_nothing(wide):
    np.testing.assert_array_equal(augmented(wide, Augmentation.none(), 0, KEYS), middle(wide))


def test_it_is_seeded_by_crop_and_not_by_batch(wide):
    usual = Augmentation(blur=0.05, noise=0.1, cutout=0.3)
    made = augmented(wide, usual, 3, KEYS)
    np.testing.assert_array_equal(augmented(wide, usual, 3, KEYS), made)
    np.testing.assert_array_equal(augmented(wide[4:5], usual, 3, KEYS[4:5]), made[4:5])
    other = augmented(wide, usual, 4, KEYS)
    assert all((a != b).any() for a, b in zip(other, made, strict=True))


def test_mirror(wide):
    np.testing.assert_array_equal(augmented(wide, only(mirror=1.0), 0, KEYS), middle(wide)[:, :, ::-1])
    half = augmented(np.repeat(wide, 40, axis=0), only(mirror=0.5), 0, np.arange(240))
    same = (half == np.repeat(middle(wide), 40, axis=0)).all((1, 2, 3)).mean()
    assert 0.4 < same < 0.6


def test_brightness_is_a_factor_of_the_pixels(wide):
    made = augmented(wide, only(brightness=0.4), 1, KEYS).astype(float)
    for new, old in zip(made, middle(wide).astype(float), strict=True):
        factor = np.median(new / old)
        assert 0.6 <= factor <= 1.4
        np.testing.assert_allclose(new, np.clip(old * factor, 0, 255), atol=2.5)


def test_rotation_turns_around_the_middle_and_shows_what_is_beside(wide):
    made = augmented(wide, only(rotation=90.0), 5, KEYS)
    for new, whole in zip(made, wide, strict=True):
        errors = []
        for angle in np.arange(-90, 91, 1.0):
            turn = cv2.getRotationMatrix2D((SIDE - 0.5, SIDE - 0.5), angle, 1)
            turned = cv2.warpAffine(whole, turn, (2 * SIDE, 2 * SIDE), borderMode=cv2.BORDER_REPLICATE)
            errors.append(np.abs(middle(turned[None])[0].astype(float) - new).mean())
        assert min(errors) < 4 < np.median(errors)
    assert (made > 0).all()  # no black corners


def test_cutout_hides_a_square(wide):
    made = augmented(wide, only(cutout=0.5), 2, KEYS)
    for new, old in zip(made, middle(wide), strict=True):
        hidden = (new == 127).all(-1)
        changed = (new != old).any(-1)
        assert hidden.sum() >= 32 * 32 and (changed <= hidden).all()
        rows, columns = np.nonzero(changed)
        assert np.ptp(rows) <= 31 and np.ptp(columns) <= 31


def test_noise_and_blur(wide):
    assert 0 < augmented(wide, only(noise=0.3), 0, KEYS).astype(float).std() != middle(wide).std()
    blurred = augmented(wide, only(blur=0.1), 0, KEYS)
    for new, old in zip(blurred, middle(wide), strict=True):
        assert cv2.Laplacian(new, cv2.CV_64F).var() <= cv2.Laplacian(old, cv2.CV_64F).var()


def test_a_slider_changes_its_own_way_only(wide):
    a, b = only(mirror=0.5), only(mirror=0.5, cutout=0.4)
    first, second = augmented(wide, a, 7, KEYS), augmented(wide, b, 7, KEYS)
    hidden = (second == 127).all(-1)
    assert ((first == second).all(-1) | hidden).all()


@pytest.fixture
def project(tmp_path):
    with make_project(tmp_path) as made:
        yield made


def test_a_batch_is_of_training_crops_and_shows_their_pixels(project):
    medium = project.media()[0]
    project.apply(Edit.rows("assign", [SplitRow(new_id(), medium.id, None, 12, 23, "test")]))
    crops = read_crops(project)
    ids = batch_ids(crops, 4, 0)
    assert len(ids) == 4 and (batch_ids(crops, 4, 0) == ids).all()
    assert sorted(batch_ids(crops, 100, 1)) != list(batch_ids(crops, 100, 1))
    frames = crops.table.frames[crops.rows_of(batch_ids(crops, 100, 1).tolist())]
    assert sorted(frames.tolist()) == [0, 2, 4, 6, 8, 10]
    batch = read_batch(project, crops, ids, SIDE, Control())
    varied = batch.varied(Augmentation(), 0)
    assert batch.ids.tolist() == ids.tolist() and varied.shape == batch.originals.shape == (4, SIDE, SIDE, 3)
    np.testing.assert_array_equal(varied, augmented(batch.wide, Augmentation(), 0, ids))
    for number, original in zip(crops.table.frames[crops.rows_of(ids.tolist())].tolist(), batch.originals, strict=True):
        seen = cut(scene(number), crop_window(Box(*box_at(number)), SIDE, WIDTH, HEIGHT), SIDE)
        assert np.abs(seen.astype(float) - original).mean() < 12  # the video is compressed


def test_room_around_a_crop_is_what_is_there():
    frame = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    window = crop_window(Box(80, 80, 64, 64), SIDE, 200, 200)
    wide = cut_wide(frame, window, window.side)
    inside = frame[window.y : window.y + window.side, window.x : window.x + window.side]
    start = window.side // 2
    np.testing.assert_array_equal(wide[start : start + window.side, start : start + window.side], inside)


def test_it_is_kept_with_the_project(project):
    assert read_augmentation(project.folder) == Augmentation()
    changed = Augmentation(rotation=45.0)
    save_augmentation(project, changed)
    assert read_augmentation(project.folder) == changed and not list(project.folder.glob("*.partial"))
    with Project.open(project.folder) as reader, pytest.raises(InputError, match="reading only"):
        save_augmentation(reader, Augmentation())
    for text in ("{", '{"rotation": 900}', '{"shear": 1}', "[]"):
        (project.folder / AUGMENTATION).write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="is no augmentation"):
            read_augmentation(project.folder)


def test_the_fields_say_their_ranges():
    for field in augmentation_fields():
        assert field.title and field.says and 0 <= field.default <= field.most
        Augmentation(**{field.name: field.most})
        with pytest.raises(ValidationError):
            Augmentation(**{field.name: field.most * 1.01})


def test_it_comes_along_in_a_copy_and_keeps_a_project(project, tmp_path):
    save_augmentation(project, Augmentation(rotation=45.0))
    save_copy(project, tmp_path / "copy.studio")
    assert read_augmentation(open_copy(tmp_path / "copy.studio", tmp_path / "again")).rotation == 45.0
    with Project.create(tmp_path / "new") as new:
        save_augmentation(new, Augmentation.none())
    assert not remove_unused(tmp_path / "new")
    with Project.open(tmp_path / "new") as new:
        assert read_augmentation(new.folder) == Augmentation.none()
