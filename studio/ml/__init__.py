"""Networks, trackers, heads and search. No Qt; plain arrays cross its border."""

import os

# Read when torch loads its OpenMP. By default a thread that waits for another spins for so long that one busy program
# beside this one makes a network ten times as slow; after 2,000 turns it sleeps. On an idle machine it costs little.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")
