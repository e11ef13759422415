"""Pixels for people: stretch, limits, pictures, colours."""
