"""Data sets of other programs: every format reads into one neutral data set, and writes from it."""
