"""Filters as pictures, their norms, and which of them are dead."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.errors import InputError
from studio.ml.looking.filters import colour_pictures, filters, first_convolution, slices
from studio.ml.looking.network import load_looked
from studio.ml.looking.sheets import filter_pictures


@pytest.fixture
def network(cpu):
    return load_looked(None, cpu)


def test_first_filters_are_colour_pictures_about_grey(network):
    bank = filters(network, first_convolution(network))
    pictures = colour_pictures(bank, [5, 9])
    weights = network.module.conv1.weight.numpy()[5].transpose(1, 2, 0)
    expected = np.rint(weights / np.abs(weights).max() * 127 + 128)
    np.testing.assert_allclose(pictures[0], expected, atol=1)
    assert bank.coloured and filter_pictures(network).shape == (64, 7, 7, 3)


def test_slices_of_a_filter_can_be_compared(network):
    bank = filters(network, "layer1.0.conv1")
    cells = slices(bank, [3], range(64))
    whole = network.module.layer1[0].conv1.weight.numpy()[3]
    peak = np.unravel_index(np.abs(whole).argmax(), whole.shape)
    assert cells.shape == (1, 64, 3, 3) and cells[0][peak] in (1, 255)
    np.testing.assert_allclose(bank.norms[3], np.linalg.norm(whole), rtol=1e-5)


def test_filters_without_strength_are_dead(network):
    weight = network.module.layer1[0].conv1.weight
    weight[7] = 0
    weight[8] *= 1e-4
    bank = filters(network, "layer1.0.conv1")
    assert np.flatnonzero(bank.dead).tolist() == [7, 8]
    assert (slices(bank, [7], [0]) == 128).all()


def test_grey_filters_are_grey_and_other_layers_have_none(cpu, network):
    pictures = filter_pictures(load_looked("lenet5", cpu))
    assert pictures.shape == (6, 5, 5, 3) and (pictures[..., 0] == pictures[..., 2]).all()
    assert filters(network, "layer1.0.conv1#2").weights.shape == (64, 64, 3, 3)
    with pytest.raises(InputError, match="MaxPool2d"):
        filters(network, "maxpool")
    with pytest.raises(InputError, match="no layer 'nonsense'"):
        filters(network, "nonsense")
