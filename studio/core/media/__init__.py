"""Frames by number: videos, folders of pictures, single pictures and cameras."""

import cv2

from studio.core.media.medium import Medium, Picture
from studio.core.media.opening import open_medium

__all__ = ["Medium", "Picture", "open_medium"]

# What goes wrong is said in our own words; OpenCV would tell it at length on standard error as well.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
