"""The search benchmark in small: what it promises to report, and that its references do what they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from studio.bench import search
from studio.bench.search_references import _alone
from studio.core.control import Cancelled, Control
from studio.ml.backbones.loading import load_backbone
from studio.ml.backbones.network import NetworkBackbone
from studio.ml.device import choose
from studio.ml.pyramid import unit_maps


@pytest.mark.slow
def test_reports_all_it_promises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "TIMED", 2)
    monkeypatch.setattr(search, "JUDGED", 2)
    document = search.run(Control(), choose("cpu"))
    assert document["ratio"] > 1 and document["times_backbone"] > 0
    assert {"float32", document["dtype"]} == set(document["fps"])
    assert document["recall"] == {"dense": 1.0, "by_itself": 1.0, "frames": 2}
    assert document["levels"][-1] == "640×480" and document["windows"]["talk"] == 4


@pytest.mark.parametrize("place", [(10, 4), (-2, -1), (17, 10)])
def test_a_window_by_itself_has_the_features_of_the_whole(place: tuple[int, int]) -> None:
    backbone = load_backbone(None, replace(choose("cpu"), dtype=torch.float32))
    assert isinstance(backbone, NetworkBackbone)
    picture = np.random.default_rng(0).integers(0, 256, (120, 200, 3), np.uint8)
    whole = unit_maps(backbone, torch.from_numpy(picture).permute(2, 0, 1)[None])[0]
    padded = torch.nn.functional.pad(whole, (4, 4, 4, 4))
    left, top = place
    wanted = padded[:, top + 4 : top + 10, left + 4 : left + 12]
    torch.testing.assert_close(_alone(backbone, picture, left, top, 8, 6), wanted, atol=2e-4, rtol=1e-3)


def test_stops_when_asked() -> None:
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        search.run(control, choose("cpu"))
