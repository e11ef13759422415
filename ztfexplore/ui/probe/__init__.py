"""The parts of the linear probe page."""
