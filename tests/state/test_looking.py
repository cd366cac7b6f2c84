"""What of a network is looked at: heads are named apart from networks, and a layer can be forgotten."""

from __future__ import annotations

from studio.state.looking import HEAD, LookingState, head_of


def test_a_head_and_a_network_are_told_apart():
    assert head_of(f"{HEAD}mine") == "mine"
    assert head_of("resnet18") == head_of("") == ""


def test_a_forgotten_layer_takes_its_channel_along_and_both_are_told(qtbot):
    looking = LookingState()
    looking.layer, looking.channel = "conv1", 3
    with qtbot.waitSignals([looking.layer_changed, looking.channel_changed]):
        looking.forget_layer()
    assert (looking.layer, looking.channel) == ("", -1)
