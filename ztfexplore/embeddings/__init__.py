"""Embedding columns, their maps, their neighbours, and the place of an alert that is not in the catalogue."""
