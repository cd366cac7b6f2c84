"""How a head is applied to frames: fixed, search, track, dense."""
