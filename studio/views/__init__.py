"""Widgets: they show state and emit wishes; no network, no disk."""
