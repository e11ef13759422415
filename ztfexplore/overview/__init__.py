"""About a whole catalogue: what it holds, what there is, and all of it as one file."""
