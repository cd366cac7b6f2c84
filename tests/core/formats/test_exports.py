"""Every format writes what it can hold, says what it cannot, and is proved by being read back."""

from __future__ import annotations

import pytest

from studio.core.plugins import formats


@pytest.mark.parametrize("name", formats.names)
def test_every_format_is_proved(exported, name):
    folder, proof, lost = exported(name)
    assert folder.is_dir() and proof.startswith("proved: ") and lost
    print(name, proof, *lost, sep="\n  ")
