"""Which augmentations an encoder has become invariant to: how far they move a sample of objects.

See `invariance` for how views are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from ztfexplore.alerts import stamps as pixels
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings.neighbours import NeighbourIndex
from ztfexplore.embeddings.vectors import unit_length
from ztfexplore.encoders.encoder import Encoder
from ztfexplore.errors import EncoderError
from ztfexplore.evaluation.invariance import (
    AUGMENTATION,
    NEAREST,
    NEIGHBOURS,
    RANDOM,
    REFERENCE,
    TWELFTH,
    distances,
    measured_recipes,
    normalised_stamp,
    seeded,
    trained_with,
)
from ztfexplore.evaluation.metrics import DRAWS
from ztfexplore.progress import OnCount, no_count

OBJECTS, SAMPLES = 200, 4
FEWEST = 3  # objects; with fewer, the distance between objects is unknown


@dataclass(frozen=True)
class InvarianceSummary:
    """How far augmentations move objects.

    Attributes:
        table: one row for each augmentation, see `summarise_invariance`.
        left_out: stamps of the sample that do not fit the encoder.
    """

    table: pd.DataFrame
    left_out: int


def summarise_catalogue(
    catalogue: Catalogue,
    frame: pd.DataFrame,
    index: NeighbourIndex,
    encoder: Encoder,
    on_step: OnCount = no_count,
) -> InvarianceSummary:
    """The summary over OBJECTS objects of a catalogue, drawn with a fixed seed.

    Args:
        catalogue: for its stamps.
        frame: its metadata.
        index: neighbours in the encoder's embedding.
        encoder: the network that made the embedding.
        on_step: see `summarise_invariance`.

    Raises:
        EncoderError: if too few of the stamps fit the encoder.
    """
    rows = sample_rows(frame, index.rows)
    read = dict(zip(rows.tolist(), catalogue.stamps(rows), strict=True))
    fitting = {row: stamp for row, stamp in read.items() if stamp_fits(encoder, stamp)}
    if len(fitting) < FEWEST:
        raise EncoderError(
            f"encoder {encoder.name}: {len(fitting)} objects of catalogue {catalogue.path.name} have an embedding and "
            f"stamps that fit it; at least {FEWEST} are needed to measure how far apart objects are"
        )
    near = np.array([_near(index, row) for row in fitting])
    return InvarianceSummary(
        summarise_invariance(encoder, list(fitting.values()), near, on_step=on_step), len(read) - len(fitting)
    )


def stamp_fits(encoder: Encoder, stamp: np.ndarray) -> bool:
    """Whether a stamp's shape fits an encoder."""
    try:
        encoder.check(stamp.shape)
    except EncoderError:
        return False
    return True


def _near(index: NeighbourIndex, row: int) -> list[float]:
    """Distances to the 1st and 12th neighbour, NaN where there are fewer."""
    found = index.query(row, NEIGHBOURS[-1]).distances
    return [float(found[k - 1]) if len(found) >= k else np.nan for k in NEIGHBOURS]


def sample_rows(frame: pd.DataFrame, among: np.ndarray, count: int = OBJECTS, seed: int = 0) -> np.ndarray:
    """One row each of `count` random objects, from the rows `among`, int64."""
    rows = np.random.default_rng(seed).permutation(among)
    objects = frame["object_id"].iloc[rows]
    return rows[~objects.duplicated().to_numpy()][:count]


def steps_of_summary(encoder: Encoder, samples: int = SAMPLES) -> int:
    """How often `summarise_invariance` reports a step."""
    return len(measured_recipes(encoder)) * samples


def summarise_invariance(
    encoder: Encoder,
    read: Sequence[np.ndarray],
    neighbours: np.ndarray,
    samples: int = SAMPLES,
    seed: int = 0,
    on_step: OnCount = no_count,
) -> pd.DataFrame:
    """How far augmentations move objects: the median over objects, divided by that of the distance to a random object.

    Args:
        encoder: the network.
        read: one stamp of every object, as read.
        neighbours: cosine distances of each to its 1st and 12th neighbour, (objects, 2), NaN if missing.
        samples: views of each; an object's displacement is the median over them.
        seed: of the views and of the bootstrap.
        on_step: called with the number of batches done since the last call, `steps_of_summary` in all.

    Returns:
        encoder, kind, name, distance (median over objects), ratio with its 95 % interval (low, high) by bootstrap
        over objects, objects, samples, trained_with.

    Raises:
        EncoderError: if a stamp does not fit the encoder.
        ValueError: if there are fewer than FEWEST objects.
    """
    if len(read) < FEWEST:
        raise ValueError(f"{len(read)} objects are too few to measure how far apart objects are")
    crop = encoder.config.crop
    own = encoder.embed(list(read))
    apart = _to_others(own)
    size = min(min(stamp.shape[1:]) for stamp in read)
    x = torch.stack([normalised_stamp(pixels.centre_crop(stamp, size), crop) for stamp in read])
    rows = []
    for name, (kind, recipe) in measured_recipes(encoder).items():
        random, found = seeded(seed), []
        for _ in range(samples):
            found.append(distances(own, encoder.embed_prepared(recipe(x, crop, random).numpy())))
            on_step(1)
        rows.append(_ratio(encoder, kind, name, np.median(found, axis=0), apart, samples, seed))
    for name, near in zip((NEAREST, TWELFTH), neighbours.T, strict=True):
        rows.append(_ratio(encoder, REFERENCE, name, near, apart, 0, seed))
    rows.append(_ratio(encoder, REFERENCE, RANDOM, apart, apart, 0, seed))
    return pd.DataFrame(rows)


def _to_others(vectors: np.ndarray) -> np.ndarray:
    """The median cosine distance of each of the vectors to all others, (n,)."""
    unit = unit_length(vectors).astype(np.float64)
    apart = 1 - unit @ unit.T
    np.fill_diagonal(apart, np.nan)
    return np.nanmedian(apart, axis=1)


def _ratio(
    encoder: Encoder, kind: str, name: str, near: np.ndarray, apart: np.ndarray, samples: int, seed: int
) -> dict[str, object]:
    """One row of `summarise_invariance`."""
    known = np.isfinite(near)
    near, apart = near[known], apart[known]
    drawn = np.random.default_rng(seed).integers(len(near), size=(DRAWS, len(near))) if len(near) else None
    if drawn is None:
        distance = ratio = low = high = np.nan
    else:
        distance = np.median(near)
        ratio = distance / np.median(apart)
        low, high = np.percentile(np.median(near[drawn], axis=1) / np.median(apart[drawn], axis=1), [2.5, 97.5])
    return {
        "encoder": encoder.name,
        "kind": kind,
        "name": name,
        "distance": float(distance),
        "ratio": float(ratio),
        "low": float(low),
        "high": float(high),
        "objects": len(near),
        "samples": samples,
        "trained_with": kind != REFERENCE and trained_with(encoder, name),
    }


@dataclass(frozen=True)
class InvarianceSplit:
    """The augmentations that one encoder is clearly invariant or sensitive to; others are in neither list.

    Attributes:
        invariant: they move objects less than the distance to the nearest neighbour (intervals do not overlap).
        sensitive: they move objects more than the distance to the 12th neighbour (intervals do not overlap).
    """

    invariant: list[str]
    sensitive: list[str]


def split_by_invariance(table: pd.DataFrame) -> InvarianceSplit:
    """The two ends of one encoder's table, each from the smallest displacement to the largest."""
    rows = table[table["kind"] == AUGMENTATION].sort_values("ratio")
    limits = table.set_index("name")
    return InvarianceSplit(
        rows.loc[rows["high"] < limits.at[NEAREST, "low"], "name"].tolist(),
        rows.loc[rows["low"] > limits.at[TWELFTH, "high"], "name"].tolist(),
    )
