"""Simulated alerts: ZTF-like stamps of five classes, for the demo without a network and for controlled experiments.

The sky is in `scenes`, the camera and the subtraction in `camera`, the detector's defects in `artefacts`, the light
curves in `history`. Everything is drawn with GalSim (Rowe et al. 2015,
Astronomy and Computing 10, 121) and numpy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from ztfexplore.alerts.alert import Alert
from ztfexplore.alerts.surveys.simulated import SIMULATED
from ztfexplore.sources.simulation import artefacts, camera, scenes
from ztfexplore.sources.simulation.history import light_curve

# The class shares of the real corpus of public alerts.
WEIGHTS: Mapping[str, float] = {"VS": 0.40, "asteroid": 0.22, "SN": 0.16, "bogus": 0.12, "AGN": 0.10}

CUT_SHARE = 0.10  # of the real classes' stamps carry NaN (13% of real packets do)
FIRST_CANDID = 1_000_000_000_000_000_000  # beyond 2^53, like ZTF's: neighbouring candids would be the same float
CANDIDS_PER_SEED = 1_000_000_000
SEEDS = 2**32
FIRST_MJD, LAST_MJD = 58270.0, 60670.0  # June 2018 to the end of 2024


def simulate_alerts(count: int = 1500, seed: int = 0, weights: Mapping[str, float] | None = None) -> Iterator[Alert]:
    """Simulate alerts.

    An alert depends only on the seed, its index and its class: if two calls with the same seed give an index the same
    class, they give it the same alert. The classes are shuffled together, so another count or other weights order
    them differently; a shorter run is a prefix of a longer one only where the classes agree (everywhere, if there is
    only one class).

    Args:
        count: how many alerts.
        seed: 0 to 2^32 - 1. Alerts of different seeds share neither ids nor noise.
        weights: relative frequency of each class, `WEIGHTS` if None; a class left out does not occur. Counts are exact,
            by the method of the largest remainder.

    Raises:
        ValueError: at once, for a count that is not positive, a seed out of range, an unknown class, or weights that
            are negative, not finite or all zero.
    """
    _check(count, seed)
    labels = _labels(count, seed, WEIGHTS if weights is None else weights)
    return (_alert(seed, index, label) for index, label in enumerate(labels))


def twins(count: int, seed: int = 0, weights: Mapping[str, float] | None = None) -> Iterator[tuple[np.ndarray, str]]:
    """Simulate objects and photograph each twice, in different nights and in front of different fields.

    The two stamps have only the object in common (the shape of its host and its place in it, its brightness
    above the night's limit, the shape of a defect), which makes them a pair for contrastive learning that no
    augmentation of one stamp provides. Magnitudes that depend on the night's depth differ accordingly.

    Args:
        count: how many objects.
        seed, weights: as for `simulate_alerts`.

    Yields:
        stamps float32 (2, 3, 63, 63), and the class.

    Raises:
        ValueError: at once, as `simulate_alerts` does.
    """
    _check(count, seed)
    labels = _labels(count, seed, WEIGHTS if weights is None else weights)
    return (
        (np.stack([_twin(seed, index, label, night) for night in (0, 1)]), label) for index, label in enumerate(labels)
    )


def _twin(seed: int, index: int, label: str, which: int) -> np.ndarray:
    """One of an object's two stamps: the object's random numbers are shared, those of the night are not."""
    rng, own = np.random.default_rng([seed, index, 2, which]), np.random.default_rng([seed, index])
    _, _, latitude = scenes.position(label, rng)
    scene, stamp = _photograph(label, latitude, camera.observe(rng), rng, own)
    if not _measure(stamp, scene).positive:
        stamp[artefacts.DIFFERENCE] *= -1
    return stamp


def _check(count: int, seed: int) -> None:
    if not 0 < count <= CANDIDS_PER_SEED:
        raise ValueError(f"count must be 1 to {CANDIDS_PER_SEED}, not {count}")
    if not 0 <= seed < SEEDS:
        raise ValueError(f"seed must be 0 to {SEEDS - 1}, not {seed}")


def _labels(count: int, seed: int, weights: Mapping[str, float]) -> list[str]:
    """Every alert's class, in shuffled order."""
    counts = _class_counts(count, weights)
    labels = [label for label in SIMULATED.classes for _ in range(counts.get(label, 0))]
    np.random.default_rng([seed, 0, 1]).shuffle(labels)  # the third number separates it from every alert's own stream
    return labels


def _class_counts(count: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Split a count by weights, exactly (largest remainder; the survey's order of classes breaks ties)."""
    unknown = sorted(set(weights) - set(SIMULATED.classes))
    if unknown:
        raise ValueError(f"unknown class {', '.join(unknown)}; the classes are {', '.join(SIMULATED.classes)}")
    labels = [label for label in SIMULATED.classes if label in weights]
    shares = np.array([float(weights[label]) for label in labels])
    if not (np.isfinite(shares).all() and (shares >= 0).all() and shares.sum() > 0):
        raise ValueError("weights must be finite and not negative, and at least one must be above zero")
    exact = count * shares / shares.sum()
    counts = np.floor(exact).astype(int)
    order = np.argsort(-(exact - counts), kind="stable")
    counts[order[: count - counts.sum()]] += 1
    return dict(zip(labels, counts.tolist(), strict=True))


def _alert(seed: int, index: int, label: str) -> Alert:
    """One alert, from its own stream of random numbers."""
    rng = np.random.default_rng([seed, index])
    ra, dec, latitude = scenes.position(label, rng)
    mjd = float(rng.uniform(FIRST_MJD, LAST_MJD))
    night = camera.observe(rng)
    scene, stamp = _photograph(label, latitude, night, rng, rng)
    seen = _measure(stamp, scene)
    if not seen.positive:
        # As in ZTF's packets: a source that has faded comes with template - science, so that it is bright.
        stamp[artefacts.DIFFERENCE] *= -1
    return Alert(
        survey=SIMULATED.name,
        candid=FIRST_CANDID + seed * CANDIDS_PER_SEED + index,
        object_id=f"SIM{seed}-{index:07d}",
        ra=ra,
        dec=dec,
        mjd=mjd,
        band=night.band,
        magnitude=seen.magnitude,
        magnitude_error=seen.error,
        positive=seen.positive,
        stamp=stamp,
        source=f"simulated (seed {seed})",
        candidate=_candidate(scene, seen),
        history=light_curve(label, mjd, night.band, seen.magnitude, seen.positive, night.limit, rng),
        label=label,
        label_source="simulated",
    )


def _photograph(
    label: str, latitude: float, night: camera.Conditions, rng: Generator, own: Generator
) -> tuple[scenes.Scene, np.ndarray]:
    """A scene of a class and its stamp, with the detector's defects and, in some, its edge; `own` draws the object."""
    field = scenes.surroundings(latitude, night, rng)
    cut = "" if label == "bogus" or rng.random() > CUT_SHARE else rng.choice(("star", "edge"))
    if cut == "star":
        field = scenes.bright_neighbour(field, night, rng)
    scene = scenes.MAKERS[label](field, night, own)
    stamp = camera.expose(scene.sky, scene.conditions, rng)
    if scene.artefact is not None:
        scene.artefact(stamp, scene.conditions, own)
    if cut == "edge":
        artefacts.end_of_detector(stamp, rng)
    return scene, stamp


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the pipeline would report for a stamp: magnitude, error (mag), sign, fwhm (pixels), signal to noise."""

    magnitude: float
    error: float
    positive: bool
    fwhm: float
    snr: float


def _measure(stamp: np.ndarray, scene: scenes.Scene) -> Measurement:
    """PSF photometry of the difference at the object's position, without pixels that are NaN.

    A defect unlike the PSF can have little flux; it is then reported at one sigma.
    """
    night, difference = scene.conditions, stamp[artefacts.DIFFERENCE].astype(float)
    psf = np.where(np.isfinite(difference), camera.point(night, scene.x, scene.y), 0.0)
    flux = float((psf * np.nan_to_num(difference)).sum() / (psf**2).sum())
    noise = float(np.sqrt(night.noise**2 / (psf**2).sum() + abs(flux) / camera.GAIN))
    size = max(abs(flux), noise)
    return Measurement(
        magnitude=night.magnitude(size),
        error=float(np.hypot(1.0857 * noise / size, 0.02)),  # 0.02 mag of calibration
        positive=flux > 0,
        fwhm=_width(np.sign(flux) * difference),
        snr=size / noise,
    )


def _width(difference: np.ndarray) -> float:
    """FWHM (pixels) of the peak at the centre, from the light above half its height: half the flux of a Gaussian."""
    inner = slice(artefacts.CENTRE - 4, artefacts.CENTRE + 5)
    centre = np.nan_to_num(difference[inner, inner])
    peak = centre.max()
    return float(2.355 * np.sqrt(centre[centre > peak / 2].sum() / (np.pi * peak)))


def _candidate(scene: scenes.Scene, seen: Measurement) -> dict[str, float | str | None]:
    """The packet's scalars: ZTF's names where ZTF has them, and what only a simulation knows."""
    night = scene.conditions
    return {
        "kind": scene.kind,
        "fwhm": seen.fwhm,
        "diffmaglim": night.limit,
        "snr": seen.snr,
        "true_magnitude": scene.truth,
        "magzpsci": camera.ZERO_POINT[night.band],
        "sky": night.sky,
        "seeing": night.fwhm * SIMULATED.scale,
        "template_seeing": night.template_fwhm * SIMULATED.scale,
        "host_magnitude": scene.host,
        "host_offset": scene.offset,
    }
