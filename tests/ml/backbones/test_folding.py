"""Folding batch normalisation on one thread while others compute."""

from __future__ import annotations

import threading

import torch
from torch import nn

from studio.ml.backbones.folding import fold_batch_norm


class Busy(nn.Module):
    """While it is traced, another thread runs another network."""

    def __init__(self, other):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.other, self.results = [other], []  # in lists: not of this network

    def forward(self, pictures):
        thread = threading.Thread(target=self._run_other)
        thread.start()
        thread.join()
        return self.norm(self.conv(pictures))

    def _run_other(self):
        with torch.inference_mode():
            self.results.append(self.other[0](torch.ones(1, 3, 8, 8)))


def test_networks_of_other_threads_go_on_while_one_is_folded():
    other = nn.Sequential(nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2)).eval()
    busy = Busy(other).eval()
    with torch.inference_mode():
        expected, known = busy(torch.ones(1, 3, 8, 8)), busy.results.pop()
    fold_batch_norm(busy)
    assert isinstance(busy.norm, nn.Identity)
    torch.testing.assert_close(busy.results.pop(), known)
    with torch.inference_mode():
        torch.testing.assert_close(busy(torch.ones(1, 3, 8, 8)), expected, atol=1e-5, rtol=1e-4)
