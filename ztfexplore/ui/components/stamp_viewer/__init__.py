"""Stamps with a stretch that the browser redraws: Python, JavaScript and CSS."""
