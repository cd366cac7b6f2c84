"""Controllers of the parts of the gallery dock."""
