"""Chains in few words, for tests."""

from __future__ import annotations

from studio.core.kernels.chain import Chain, Convolve


def chain(*steps, color="rgb", arithmetic="saturating"):
    return Chain(color=color, arithmetic=arithmetic, steps=steps)


def convolve(*kernels, **fields):
    return Convolve(kernels=kernels, **fields)
