"""Embeddings with labels, made up: two classes and some alerts between them."""

from __future__ import annotations

import numpy as np
import pandas as pd

DIM = 8


def sky(objects: int = 200, labelled: float = 0.4, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Two classes about two poles, some alerts between them, one to three alerts an object; 40 % have a label."""
    rng = np.random.default_rng(seed)
    number = np.repeat(np.arange(objects), rng.integers(1, 4, objects))
    kinds = rng.integers(2, size=objects)
    has = rng.random(objects) < labelled
    middle = rng.random(objects) < 0.1
    poles = np.eye(DIM)[kinds] * 2
    poles[middle] = np.eye(DIM)[:2].sum(axis=0)
    vectors = poles[number] + 0.2 * rng.normal(size=(len(number), DIM))
    frame = pd.DataFrame(
        {
            "candid": 10**18 + rng.permutation(len(number)),
            "object_id": [f"o{n}" for n in number],
            "label": pd.Series(np.where(has, np.array(["SN", "VS"])[kinds], None)[number], dtype="str"),
            "label_source": pd.Series(np.where(has, "TNS", None)[number], dtype="str"),
            "between": middle[number],
        }
    )
    return frame, vectors.astype(np.float32)
