"""Linear probes: fitted, scored, compared, saved and applied; learning curves."""
