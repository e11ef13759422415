"""The simulator: ZTF-like alerts of five classes, made from nothing but a seed."""
