"""Shared by every page: the router, the beginning of a page, imports ahead of time."""
