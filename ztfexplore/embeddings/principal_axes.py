"""The baseline 'pca' of a catalogue: its axes are computed from the catalogue's own stamps."""

from __future__ import annotations

import numpy as np

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.encoders import pca
from ztfexplore.encoders.pca import CROP, NAME, PCAEncoder
from ztfexplore.errors import EncoderError


def fit(catalogue: Catalogue, rows: np.ndarray, crop: int, name: str = NAME, seed: int = 0) -> PCAEncoder:
    """The principal axes of some of a catalogue's stamps, the same for the same stamps and seed.

    Args:
        rows: row numbers, int64 (n,); if they are many, a seeded sample is used.
        crop: height and width of the central piece (pixels).

    Raises:
        EncoderError: if there are fewer than two stamps, or they have different channels or are smaller than `crop`.
    """
    try:
        return pca.fit(len(rows), lambda chosen: catalogue.stamps(rows[chosen]), crop, name, seed)
    except EncoderError as error:
        raise EncoderError(f"catalogue {catalogue.path}: {error}") from error


def fit_catalogue(catalogue: Catalogue) -> PCAEncoder:
    """The encoder 'pca' of a catalogue: axes of all its stamps' central pixels, CROP wide or as wide as the smallest.

    New stamps change the axes: after an ingest its embedding is computed again, as for an encoder with other weights.

    Raises:
        EncoderError: if there are fewer than two stamps, or they have different channels.
    """
    sides = [min(shape[1:]) for shape in shapes(catalogue)]
    return fit(catalogue, np.arange(len(catalogue)), min(CROP, *sides) if sides else CROP)


def shapes(catalogue: Catalogue) -> list[tuple[int, int, int]]:
    """The different shapes of a catalogue's stamps, (channels, height, width), sorted."""
    return sorted({tuple(shape) for shape in catalogue.table(["stamp_shape"]).column("stamp_shape").to_pylist()})
