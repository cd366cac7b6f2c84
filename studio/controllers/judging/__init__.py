"""Runs: read, judged and compared on workers, shown in the dock."""
