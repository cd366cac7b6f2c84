"""Why a network says so: maps of what in a picture speaks for a label, each beside that of a random network."""
