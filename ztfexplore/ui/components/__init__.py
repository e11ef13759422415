"""Custom components that run in the browser."""
