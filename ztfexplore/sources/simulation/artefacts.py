"""What detectors and pipelines add to a picture: the defects behind bogus alerts, and the edges of the detector.

A defect changes a finished stamp (float32, (3, 63, 63): science, template, difference) in place, at its centre, where
the pipeline detected it. The kinds are those in real ZTF packets with a low real-bogus score (Duev et al. 2019,
MNRAS 489, 3582; Mahabal et al. 2019, PASP 131, 038002).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from scipy.ndimage import convolve1d

from ztfexplore.sources.simulation.camera import SIZE, Conditions, point

SCIENCE, TEMPLATE, DIFFERENCE = range(3)
CENTRE = SIZE // 2
# Subtraction resamples, so a single hot pixel rings in the difference, as in real packets.
RINGING = np.array([0.06, -0.16, 0.3, 0.6, 0.3, -0.16, 0.06])

Artefact = Callable[[np.ndarray, Conditions, Generator], None]


def cosmic_ray(stamp: np.ndarray, conditions: Conditions, rng: Generator) -> None:
    """A cosmic ray: a few pixels, or a straight track, sharper than any star."""
    hit = np.zeros((SIZE, SIZE))
    length = rng.uniform(4, 14) if rng.random() < 0.4 else rng.uniform(0, 2)
    angle = rng.uniform(0, np.pi)
    along = np.linspace(-length / 2, length / 2, int(2 * length) + 1)
    across, up = along * np.cos(angle), along * np.sin(angle)
    charge = rng.uniform(0.5, 1.5, along.size) * conditions.noise * 10 ** rng.uniform(1.2, 2.4)
    np.add.at(hit, (np.rint(CENTRE + up).astype(int), np.rint(CENTRE + across).astype(int)), charge)
    _add(stamp, hit)


def bad_column(stamp: np.ndarray, conditions: Conditions, rng: Generator) -> None:
    """Hot or dead pixels along a column, or along part of one."""
    width = int(rng.integers(1, 3))
    start = int(rng.integers(0, CENTRE - 4)) if rng.random() < 1 / 3 else 0
    column = np.zeros((SIZE, SIZE))
    level = rng.choice((-1, 1)) * rng.uniform(2.5, 12) * conditions.noise
    column[start:, CENTRE : CENTRE + width] = level * rng.normal(1, 0.15, (SIZE - start, width))
    _add(stamp, column if rng.random() < 0.5 else column[::-1])


def noise_peak(stamp: np.ndarray, conditions: Conditions, rng: Generator) -> None:
    """A fluctuation just above the threshold, wider or narrower than the PSF, positive or negative."""
    width, (y, x) = rng.uniform(0.5, 2.6), np.mgrid[-CENTRE : CENTRE + 1, -CENTRE : CENTRE + 1]
    level = rng.choice((-1, 1)) * rng.uniform(5, 8) * conditions.noise / (np.sqrt(np.pi) * width)  # 5 to 8 sigma
    peak = level * np.exp(-0.5 * (x**2 + y**2) / width**2)
    stamp[SCIENCE] += peak
    stamp[DIFFERENCE] += peak


def ghost(stamp: np.ndarray, conditions: Conditions, rng: Generator) -> None:
    """Out-of-focus light of a bright star, reflected by the optics: a broad ring with a soft edge."""
    radius, hole = rng.uniform(14, 26), rng.uniform(0.3, 0.5)
    x0, y0 = rng.uniform(-12, 12, 2)
    y, x = np.mgrid[-CENTRE : CENTRE + 1, -CENTRE : CENTRE + 1]
    distance = np.hypot(x - x0, y - y0)
    disc = 1 / (1 + np.exp(distance - radius)) - 0.7 / (1 + np.exp(distance - hole * radius))
    glow = rng.choice((-1, 1, 1)) * rng.uniform(1, 2.5) * conditions.noise * disc
    stamp[SCIENCE] += glow
    stamp[DIFFERENCE] += glow
    noise_peak(stamp, conditions, rng)


def bleed_trail(stamp: np.ndarray, conditions: Conditions, rng: Generator) -> None:
    """The trail of a saturated star outside the stamp that the subtraction did not remove."""
    y, x = np.mgrid[-CENTRE : CENTRE + 1, -CENTRE : CENTRE + 1]
    side, width, rise = rng.choice((-1, 1)), rng.uniform(0.5, 1.0), rng.uniform(8, 30)
    trail = rng.uniform(4, 25) * conditions.noise * np.exp(side * x / rise - 0.5 * (y / width) ** 2)
    stamp[SCIENCE] += trail
    stamp[TEMPLATE] += trail * rng.uniform(0.6, 1.4)
    residual = rng.choice((-1, 1)) * rng.uniform(0.3, 0.8) * trail
    stamp[DIFFERENCE] += residual * rng.normal(1, 0.3, (1, SIZE))


def edge_glow(stamp: np.ndarray, conditions: Conditions, rng: Generator) -> None:
    """The detector ends a few pixels from the centre; its last columns glow, and a peak among them is the alert."""
    gap, sign = int(rng.integers(3, 7)), rng.choice((-1, 1))
    fall = np.exp(-np.maximum(np.arange(SIZE) - CENTRE + gap, 0) / rng.uniform(2, 4))
    extent = np.exp(-0.5 * ((np.arange(SIZE) - CENTRE) / rng.uniform(2, 6)) ** 2)
    glow = rng.uniform(3, 8) * conditions.noise * extent[:, None] * fall
    peak = rng.uniform(3, 9) * conditions.flux_noise * point(conditions)
    stamp[[SCIENCE, DIFFERENCE]] += sign * (glow + peak)
    stamp[:, ragged(CENTRE - gap, rng)] = np.nan
    stamp[:] = np.rot90(stamp, int(rng.integers(4)), axes=(1, 2))


def end_of_detector(stamp: np.ndarray, rng: Generator) -> None:
    """Cut a side, or a slanted corner, off a stamp, at least 9 pixels away from its object."""
    depth = int(rng.integers(2, CENTRE - 9))
    mask = ragged(depth, rng) if rng.random() < 0.75 else _corner(depth)
    stamp[:, np.rot90(mask, int(rng.integers(4)))] = np.nan


def ragged(depth: int, rng: Generator) -> np.ndarray:
    """The first columns up to at most `depth`, straight or in blocks as in ZTF cutouts; bool (63, 63)."""
    steps = rng.integers(0, min(6, depth), SIZE // 7) if rng.random() < 0.6 else np.zeros(SIZE // 7, int)
    return np.arange(SIZE) < (depth - np.repeat(steps, 7))[:, None]


def _corner(depth: int) -> np.ndarray:
    """A slanted corner whose distance from the centre is the half width minus `depth`; bool (63, 63)."""
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    return x + 0.7 * y < depth * 1.7


def _add(stamp: np.ndarray, charge: np.ndarray) -> None:
    """Add charge (63, 63) to the science image unchanged, and to the difference as resampled."""
    stamp[SCIENCE] += charge
    stamp[DIFFERENCE] += convolve1d(
        convolve1d(charge, RINGING, axis=0, mode="nearest"), RINGING, axis=1, mode="nearest"
    )
