"""Ways of training: what each is, and its parameters. What they do is in `studio.ml.recipes`."""
