"""Augmentations and their recipes, and how far they move an object in an embedding."""
