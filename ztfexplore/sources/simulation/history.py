"""Light curves before the alert, consistent with its class and with its own flux.

The shapes are the usual sketches: a supernova rises as the square of time and fades, first fast, then as 56Co decays;
an AGN is a damped random walk (Kelly, Bechtold & Siemiginowska 2009, ApJ 698, 895); a variable star repeats; an
asteroid was not there before. Fluxes are differences from the template, in units of the alert's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.random import Generator

from ztfexplore.alerts.alert import Detection

LOOK_BACK = 90.0  # days
CADENCE = 3.0  # nights between visits in one band (Bellm et al. 2019, PASP 131, 068003)

Shape = Callable[[np.ndarray, bool, Generator], np.ndarray]


def light_curve(
    label: str, mjd: float, band: str, magnitude: float, positive: bool, limit: float, rng: Generator
) -> tuple[Detection, ...]:
    """Earlier detections and limits of an object, oldest first; none for a bogus alert.

    Args:
        mjd, band, magnitude, positive: of the alert (days, filter, mag of the difference, its sign).
        limit: 5-sigma limiting magnitude of the alert's own night.
    """
    shape = SHAPES.get(label)
    if shape is None:
        return ()
    nights = _visits(rng)
    bands = np.where(rng.random(nights.size) < 0.5, "g", "r")
    # Bands differ by a constant colour here; the alert's own band is the reference.
    colour = np.where(bands == band, 1.0, 10 ** (0.4 * rng.normal(0, 0.2)))
    flux = (1 if positive else -1) * shape(nights, positive, rng) * colour * 10 ** (-0.4 * magnitude)
    limits = limit + rng.normal(0, 0.35, nights.size)
    noise = 10 ** (-0.4 * limits) / 5
    measured = flux + noise * rng.standard_normal(nights.size)
    return tuple(
        _detection(mjd + float(night), str(name), float(value), float(error))
        for night, name, value, error in zip(nights, bands, measured, noise, strict=True)
    )


def _visits(rng: Generator) -> np.ndarray:
    """Nights before the alert (days, negative, ascending); about a third are lost to clouds and the Moon."""
    nights = -np.arange(1, LOOK_BACK / CADENCE) * CADENCE + rng.uniform(-1.2, 1.2, int(LOOK_BACK / CADENCE - 1))
    return np.sort(nights[rng.random(nights.size) > 0.35])


def _detection(mjd: float, band: str, flux: float, noise: float) -> Detection:
    """A point, or a limit where the flux is below 5 sigma (flux and noise in units of magnitude 0)."""
    limit = -2.5 * float(np.log10(5 * noise))
    if abs(flux) < 5 * noise:
        return Detection(mjd, band, limit=limit)
    error = 1.0857 * noise / abs(flux)
    magnitude = -2.5 * float(np.log10(abs(flux)))
    return Detection(mjd, band, magnitude, float(np.hypot(error, 0.02)), limit, positive=flux > 0)


def _explosion(nights: np.ndarray, positive: bool, rng: Generator) -> np.ndarray:
    """Supernova, 1 at night 0. If it has faded below the template, the template contains its earlier light."""
    if not positive:
        return np.ones_like(nights)
    rise, age = rng.uniform(14, 20), rng.uniform(4, 55)  # days to peak; days since explosion at night 0
    fade = rng.uniform(9, 18)

    def flux(days: np.ndarray) -> np.ndarray:
        late = np.maximum(days - rise, 0)
        tail = 0.8 * np.exp(-0.5 * (late / fade) ** 2) + 0.2 * np.exp(-late / 80)
        return np.where(days < 0, 0, np.where(days < rise, 1 - (1 - days / rise) ** 2, tail))

    return flux(nights + age) / flux(np.array(age))


def _random_walk(nights: np.ndarray, positive: bool, rng: Generator) -> np.ndarray:
    """Damped random walk, 1 at night 0; it runs backwards from there, which is as likely as forwards."""
    timescale, spread = rng.uniform(60, 300), rng.uniform(0.7, 1.2)
    flux, previous, walk = 1.0, 0.0, np.empty_like(nights)
    for i in range(nights.size - 1, -1, -1):
        memory = np.exp((nights[i] - previous) / timescale)
        flux = flux * memory + spread * np.sqrt(1 - memory**2) * rng.standard_normal()
        walk[i], previous = flux, nights[i]
    return walk


def _periodic(nights: np.ndarray, positive: bool, rng: Generator) -> np.ndarray:
    """A sine with a sharper rise, 1 at night 0; periods from RR Lyrae's to a Mira's."""
    period, amplitude = 10 ** rng.uniform(-0.5, 2.3), rng.uniform(1.0, 1.6)
    phase = np.arcsin(1 / amplitude) + 2 * np.pi * nights / period
    start = np.arcsin(1 / amplitude)
    return 1 + amplitude * (np.sin(phase) - np.sin(start)) + 0.2 * (np.sin(2 * phase) - np.sin(2 * start))


def _nothing(nights: np.ndarray, positive: bool, rng: Generator) -> np.ndarray:
    """An asteroid was elsewhere."""
    return np.zeros_like(nights)


SHAPES: Mapping[str, Shape] = {
    "SN": _explosion,
    "AGN": _random_walk,
    "VS": _periodic,
    "asteroid": _nothing,
}
