"""Parts of the features dock."""
