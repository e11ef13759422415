"""Stamps with a stretch that the browser redraws: JavaScript and CSS."""
