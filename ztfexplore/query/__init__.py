"""Text to rows: find an object, filter by columns."""
