"""Trackers: start on a frame and a box, then a box with a score for every frame, or lost."""
