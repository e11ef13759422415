"""People's labels, and what is worth labelling next."""
