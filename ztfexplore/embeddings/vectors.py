"""Arithmetic of vectors. Needs neither FAISS nor a catalogue."""

from __future__ import annotations

import numpy as np


def unit_length(vectors: np.ndarray) -> np.ndarray:
    """Vectors (n, dim) scaled to length 1; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)
