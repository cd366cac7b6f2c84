"""Plain Python and numpy: project, media, geometry, formats. No Qt, no torch, no scikit-learn."""
