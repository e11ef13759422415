"""All that is on disk: the Lance dataset, what goes into it, what was rejected, and what people said of it."""
