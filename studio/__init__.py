"""Repurpose Studio: point at a thing in a video, seconds later have a detector for it."""

__version__ = "0.1.0"
