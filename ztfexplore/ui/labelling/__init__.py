"""Labelling by click: the panel, the queue, and what both save."""
