"""What the recipes do; what they are called and what can be set is in `studio.core.recipes`."""
