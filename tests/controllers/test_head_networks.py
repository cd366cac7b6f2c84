"""The features dock on heads that bring their own network: all its parts look into that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.controllers.features.excites_work import Collected, Looked, imagine_label, look_at
from studio.controllers.features.head_network import network_of_head
from studio.controllers.features.layers_work import Part, read, read_filters
from studio.controllers.features.maps_work import Asked, Wishes, answer
from studio.controllers.features.reasons_subject import Aim, Subject
from studio.controllers.features.reasons_work import Asked as AskedWhy
from studio.controllers.features.reasons_work import explain_asked
from studio.controllers.networks import LaneNetworks
from studio.core.control import Control
from studio.core.geometry import Box
from studio.core.settings import Settings
from studio.state.session import ActiveHead, ShownFrame
from tests.ml.heads.made import classic_part, network_head, random_layers
from tests.moving_square import box_at, picture


@pytest.fixture(scope="module")
def networks() -> LaneNetworks:
    return LaneNetworks(Settings())


@pytest.fixture(scope="module")
def head():
    return network_head(
        ["cup", "jug"], random_layers(128, 3), classic_part("tiny-cnn", 3), background=True, name="tiny"
    )


@pytest.fixture(scope="module")
def models(head, tmp_path_factory) -> Path:
    from studio.ml.heads.head import save_head

    folder = tmp_path_factory.mktemp("project") / "models"
    save_head(head, folder / "tiny")
    return folder


def shown() -> ShownFrame:
    return ShownFrame(1, 5, 0.2, picture(5))


def test_it_is_called_by_its_head(head) -> None:
    active = ActiveHead("key", "tiny", ("cup", "jug"), head)
    assert network_of_head(active) == "head:tiny" and network_of_head(None) == ""


def test_its_layers_and_filters_are_read(head, models, networks) -> None:
    for key, own in (("head:tiny", ""), ("", "head:tiny")):
        found = read(key, models, ("tiny",), own, Control())
        assert not found.problem and found.first == "conv1" and found.lines[-1].name == "softmax"
        filters = read_filters(networks, Part(found.network, None, "conv1"), Control())
        assert filters.page is not None and len(filters.page.numbers) == 16
    np.testing.assert_allclose(filters.page.norms[0], np.linalg.norm(head.network["conv1.weight"][0]), rtol=1e-5)


def test_its_maps_are_those_of_its_network(head, models, networks) -> None:
    by_folder, in_memory = (
        answer(networks, Asked(shown(), "", each, "conv2", 0, Wishes(), None), Control())
        for each in (models / "tiny", head)
    )
    assert by_folder.network == "head:tiny" and by_folder.labels == ("cup", "jug") and len(by_folder.maps.values) == 32
    np.testing.assert_array_equal(by_folder.maps.values, in_memory.maps.values)


def test_what_excites_its_channels_and_its_labels(head, models, networks) -> None:
    collected = Collected(Looked("", models / "tiny", "conv3"))
    assert look_at(networks, collected, shown(), 25.0, Control()) and collected.channels == 64
    climbed = imagine_label(networks, head, "cup", Control())
    assert climbed.imagined.score > climbed.imagined.noise


@pytest.mark.parametrize(
    "aim", [Aim("crop", "cup"), Aim("class", "head:tiny"), Aim("channel", "head:tiny", "conv2", 3)]
)
def test_its_answers_are_explained(aim, head, models, networks) -> None:
    subject = Subject(shown(), Box(*box_at(5)), "cup", False, "cup")
    found = explain_asked(networks, AskedWhy(subject, aim, head, "gradcam", models), Control())
    assert found.shown.trained is not None
    assert ("score" in found.shown.score) == (aim.kind == "crop")
