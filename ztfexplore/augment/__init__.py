"""Augmentations and their recipes."""
