"""All that is on disk: the Lance dataset, what goes into it, what was rejected, and the labels that people gave."""
