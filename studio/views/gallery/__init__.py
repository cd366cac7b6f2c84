"""Parts of the gallery dock."""
