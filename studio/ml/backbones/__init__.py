"""Pretrained networks whose features are reused."""
