"""The geometry of an embedding on the test part: alignment over views, uniformity, silhouette."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ztfexplore.alerts import stamps as pixels
from ztfexplore.augment import recipes
from ztfexplore.encoders.embedder import Embedder
from ztfexplore.evaluation.metrics import alignment, object_pairs, silhouette, uniformity

RECIPE = "astronomical"
# All pairs are compared: a larger test part is represented by a seeded sample of objects.
OBJECTS = 2000


def two_views(stamps: Sequence[np.ndarray], seed: int = 0) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Two augmented views of every stamp with the recipe RECIPE, each as if read: (channels, size, size).

    The whole stamp is augmented, then normalised again by whoever embeds it, as a noisier exposure would be. Stamps
    of several sizes are all cut to the smallest.
    """
    size = min(min(stamp.shape[1:]) for stamp in stamps)
    prepared = torch.from_numpy(np.stack([pixels.centre_crop(pixels.normalise(stamp), size) for stamp in stamps]))
    generator = torch.Generator().manual_seed(seed)
    first, second = (list(recipes.RECIPES[RECIPE](prepared, size, generator).numpy()) for _ in range(2))
    return first, second


def sample_objects(objects: np.ndarray, seed: int = 0) -> np.ndarray:
    """Rows of at most OBJECTS objects, a random sample if there are more, int64."""
    names = np.unique(objects)
    if len(names) > OBJECTS:
        names = np.random.default_rng(seed).choice(names, OBJECTS, replace=False)
    return np.flatnonzero(np.isin(objects, names))


def measure_geometry(
    embedder: Embedder,
    values: np.ndarray,
    labels: np.ndarray,
    objects: np.ndarray,
    pair_of_views: tuple[Sequence[np.ndarray], Sequence[np.ndarray]],
) -> dict[str, Any]:
    """Alignment, uniformity (Wang & Isola 2020) and silhouette of some alerts' embeddings.

    Args:
        embedder: embeds the views.
        values: (n, dim), the embeddings of the alerts without augmentation.
        labels, objects: of the alerts (n,).
        pair_of_views: two of every alert, from `two_views`.

    Returns:
        'alignment': 'views' over two augmented views of one stamp, 'same_object' over the alerts of one object (None
        if no object has two), 'objects' with several alerts; 'uniformity'; 'silhouette'.
    """
    first, second = object_pairs(objects)
    one, other = (embedder.embed(list(view)) for view in pair_of_views)
    pairs = alignment(values[first], values[second], objects[first]) if len(first) else None
    return {
        "alignment": {
            "views": alignment(one, other, objects),
            "same_object": pairs,
            "objects": len(set(objects[first])),
        },
        "uniformity": uniformity(values, objects),
        "silhouette": silhouette(values, labels, objects),
    }
