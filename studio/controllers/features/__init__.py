"""Controllers of the parts of the features dock."""
