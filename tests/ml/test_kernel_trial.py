"""A kernel tried as a feature of the head."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.geometry import Box
from studio.core.kernels.chain import Chain, Convolve
from studio.core.kernels.kernel import PRESETS
from studio.core.media import open_medium
from studio.core.media.writer import VideoWriter
from studio.core.project import BACKGROUND, Edit, Project, TrackRow, new_id
from studio.core.project.labels import make_label
from studio.core.project.media import add_medium
from studio.ml.device import Compute
from studio.ml.kernel_trial import answer, try_kernel, with_features
from tests.ml.taught_project import region

WIDTH, HEIGHT, RATE, FRAMES = 256, 128, 4, 40
THING, OTHER = Box(24, 32, 64, 64), Box(160, 32, 64, 64)
VERTICAL = Chain(color="grey", arithmetic="float", steps=(Convolve(kernels=(PRESETS["sobel-v"],)),))


class Blind:
    """A network that tells nothing: the same noise for everything."""

    name, sha256, embedding_identity = "blind", "0" * 64, ("0" * 64, "cpu")
    input_size, embedding_size, has_maps, why_no_maps = 64, 16, False, "it has none"
    compute = Compute(torch.device("cpu"), torch.float32, "")

    def embed(self, crops):
        return np.random.default_rng(0).normal(size=(len(crops), self.embedding_size)).astype(np.float32)


def stripes(number):
    """Upright stripes on the thing, lying ones on the other; both move, so that no frame is like another."""
    frame = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    upright = np.where((np.arange(64) + number) // 4 % 2, 200, 60).astype(np.uint8)[None].repeat(64, 0)
    frame[32:96, 24:88] = upright[..., None]
    frame[32:96, 160:224] = upright.T[..., None]
    return frame


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trial")
    with Project.create(folder / "project") as project:
        clip = project.folder / "media" / "clip.mp4"
        with VideoWriter(clip, RATE, (WIDTH, HEIGHT)) as video:
            for number in range(FRAMES):
                video.write(stripes(number))
        with open_medium(clip) as medium:
            add_medium(project, clip, medium.kind, medium.frame_count, *medium.size)
        label = make_label(project, "upright")
        project.apply(Edit.rows("label", [label, TrackRow(new_id(), project.media()[0].id, label.id)]))
        rows = [region(project, "upright", n, THING) for n in range(FRAMES)]
        rows += [region(project, BACKGROUND, n, OTHER) for n in range(FRAMES)]
        project.apply(Edit.rows("follow", rows))
    return folder / "project"


def test_a_kernel_that_sees_what_the_network_does_not_raises_the_score(folder):
    seen = []
    control = Control(lambda fraction, text: seen.append((fraction, text)))
    with Project.open(folder) as project:
        trial = try_kernel(project, VERTICAL, Blind(), "linear", control)
        (label,) = trial.labels
        again = try_kernel(project, VERTICAL, Blind(), "linear", Control())
    assert label.name == "upright" and trial.added == 1 and label.frames > FRAMES // 2
    assert label.after["f1"] > label.before["f1"] + 0.1, label
    assert trial == again
    fractions = [fraction for fraction, _ in seen]
    assert any("kernel over" in text for _, text in seen) and max(fractions) >= 0.9


def test_the_answer_is_the_average_of_what_is_above_zero():
    crop = np.zeros((8, 8, 3), np.uint8)
    crop[:, 4:, 0] = 255
    colors = VERTICAL.model_copy(update={"color": "rgb"})
    # Sobel V: 4 in the two columns at the edge, nothing elsewhere, and that in red alone.
    assert answer(colors, crop) == pytest.approx([4 * 2 / 8, 0, 0])
    assert answer(colors, crop[:, ::-1]) == pytest.approx([0, 0, 0])


def test_a_feature_is_as_large_as_a_channel():
    rng = np.random.default_rng(1)
    embeddings = (3 + 2 * rng.normal(size=(200, 8))).astype(np.float32)
    joined = with_features(embeddings, np.stack([1000 * rng.normal(size=200), np.full(200, 5.0)], axis=1))
    assert np.array_equal(joined[:, :8], embeddings)
    assert joined[:, 8].std() == pytest.approx(embeddings.std(axis=0).mean(), rel=1e-5)
    assert joined[:, 8].mean() == pytest.approx(embeddings.mean(), rel=1e-5)
    assert joined[:, 9].std() == 0  # says nothing, and changes nothing


def test_too_few_regions_are_refused_and_it_can_be_cancelled(tmp_path, folder):
    with Project.create(tmp_path / "empty") as project, pytest.raises(InputError, match="no regions"):
        try_kernel(project, VERTICAL, Blind(), "linear", Control())
    control = Control()
    control.cancel()
    with Project.open(folder) as project, pytest.raises(Cancelled):
        try_kernel(project, VERTICAL, Blind(), "linear", control)


def test_a_stretch_too_short_for_held_out_blocks_is_refused(tmp_path, folder):
    shutil.copytree(folder, tmp_path / "project")
    with Project.open(tmp_path / "project", write=True) as project:
        gone = [row for row in project.regions() if row.frame > 6]
        project.apply(Edit.removal("remove", gone))
        with pytest.raises(InputError, match="too short"):
            try_kernel(project, VERTICAL, Blind(), "linear", Control())
