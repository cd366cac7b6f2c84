"""What recipes learn from: crops with their labels and splits, as arrays."""
