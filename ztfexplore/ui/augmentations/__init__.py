"""The parts of the augmentations page."""
