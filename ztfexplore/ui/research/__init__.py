"""The parts of the research page."""
