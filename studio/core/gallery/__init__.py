"""What the gallery knows of crops, as arrays: finding, ordering and measuring 100,000 of them."""
