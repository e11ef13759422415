"""Embedding columns, their maps and neighbours, and the placement of alerts that are not in the catalogue."""
