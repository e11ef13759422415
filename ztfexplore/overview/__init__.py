"""About a whole catalogue: what it holds, its encoders, and its export as one file."""
