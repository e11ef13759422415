"""Linear probes: fitted, judged, compared, saved and applied; how far few labels carry them."""
