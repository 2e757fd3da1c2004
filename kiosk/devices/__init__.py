"""Hardware: one file per technology, each importing its library inside itself."""
