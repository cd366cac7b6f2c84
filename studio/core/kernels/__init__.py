"""Kernels over pictures: presets, chains of steps and their files, what they compute, and the arithmetic behind it.

Nothing is imported here: the window knows chains before it has OpenCV.
"""
