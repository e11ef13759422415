"""Widgets that several pages use: boxes bound to the URL, charts, galleries, tables."""
