"""The simulator: ZTF-like alerts of five classes, from a seed alone."""
