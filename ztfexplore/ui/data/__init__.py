"""The parts of the data page."""
