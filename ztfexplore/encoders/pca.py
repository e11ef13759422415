"""The baseline 'pca': stretched pixels on their principal axes, with the interface of an encoder. No torch."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from ztfexplore.alerts import stamps as pixels
from ztfexplore.errors import EncoderError

NAME = "pca"
COMPONENTS = 64
# Height and width of the central part that the encoders see (pixels).
CROP = 21
# Most stamps that the axes are computed from, and at most some 400 MB of them; beyond that, a seeded sample.
FIT_STAMPS = 20_000
FIT_PIXELS = 100_000_000
BATCH_STAMPS = 1024


@dataclass(frozen=True, eq=False)
class PCAEncoder:
    """Principal axes of stretched pixels (Pearson 1901), and the embedding on them.

    Attributes:
        name: its name.
        channels: number of channels of its stamps.
        crop: height and width of the central part that it sees (pixels).
        mean: of the stretched pixels, float32 (channels * crop * crop,).
        axes: of length 1, the one with the largest variance first, float32 (embedding_dim, channels * crop * crop).
    """

    name: str
    channels: int
    crop: int
    mean: np.ndarray
    axes: np.ndarray

    @property
    def embedding_dim(self) -> int:
        return len(self.axes)

    @cached_property
    def weights_sha256(self) -> str:
        """Hash of mean and axes, hexadecimal: axes from other stamps are other weights."""
        return hashlib.sha256(self.mean.tobytes() + self.axes.tobytes()).hexdigest()

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise EncoderError if stamps of `shape` (channels, height, width) do not fit."""
        _check(self.name, self.channels, self.crop, shape)

    def embed(self, stamps: Sequence[np.ndarray]) -> np.ndarray:
        """Stamps as read, each (channels, height, width) -> float32 (n, embedding_dim)."""
        for stamp in stamps:
            self.check(stamp.shape)
        chunks = [stamps[start : start + BATCH_STAMPS] for start in range(0, len(stamps), BATCH_STAMPS)]
        made = [(_flat(chunk, self.crop) - self.mean) @ self.axes.T for chunk in chunks]
        return np.concatenate([np.empty((0, self.embedding_dim), np.float32), *made])


def _check(name: str, channels: int, crop: int, shape: tuple[int, ...]) -> None:
    if shape[0] != channels or min(shape[1:]) < crop:
        raise EncoderError(
            f"encoder {name} takes {channels} channels of at least {crop}x{crop} pixels; "
            f"these stamps are {shape[0]} of {shape[1]}x{shape[2]}"
        )


def _flat(stamps: Sequence[np.ndarray], crop: int) -> np.ndarray:
    """Stamps as read -> their stretched central pixels, float32 (n, channels * crop * crop)."""
    prepared = np.stack([pixels.centre_crop(pixels.normalise(stamp), crop) for stamp in stamps])
    return np.arcsinh(prepared).reshape(len(prepared), -1)


def fit(
    count: int, read: Callable[[np.ndarray], Sequence[np.ndarray]], crop: int, name: str = NAME, seed: int = 0
) -> PCAEncoder:
    """The principal axes of stamps, the same for the same stamps and seed.

    Args:
        count: how many stamps there are; if they are many, a seeded sample is used.
        read: positions, int64 (m,), from 0 to count - 1 -> these stamps as read, each (channels, height, width).
        crop: height and width of the central piece (pixels).

    Raises:
        EncoderError: if there are fewer than two stamps, or they have different channels or are smaller than `crop`.
    """
    if count < 2:
        raise EncoderError(f"{count} stamps are too few for principal axes")
    channels = len(read(np.array([0]))[0])
    chosen, largest = np.arange(count), max(2, min(FIT_STAMPS, FIT_PIXELS // (channels * crop * crop)))
    if count > largest:
        chosen = np.sort(np.random.default_rng(seed).choice(count, largest, replace=False))
    chunks = []
    for start in range(0, len(chosen), BATCH_STAMPS):
        stamps = read(chosen[start : start + BATCH_STAMPS])
        for stamp in stamps:
            _check(name, channels, crop, stamp.shape)
        chunks.append(_flat(stamps, crop))
    flat = np.concatenate(chunks)
    # Several threads add in varying order: the axes, and so their hash, would differ from run to run.
    with threadpool_limits(1):
        found = PCA(min(COMPONENTS, *flat.shape), random_state=seed).fit(flat)
    return PCAEncoder(name, channels, crop, _float32(found.mean_), _float32(found.components_))


def _float32(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=np.float32)
