"""Galaxies cut out of the Hubble eXtreme Deep Field picture that scikit-image ships; no network is needed.

The picture is a JPEG made for display (colours stretched and balanced by hand): shapes and sizes are real, fluxes are
counts on an undocumented scale. The detection method is SExtractor's (Bertin & Arnouts 1996, A&AS 117, 393), by `sep`
(Barbary 2016, JOSS 1, 58).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import sep

from ztfexplore.alerts import stamps
from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.sources.source import SOURCES, Source

SOURCE = "scikit-image: hubble_deep_field"
SKY_BOX = 64  # pixels: larger than any galaxy in the picture
THRESHOLD_SIGMA = 3.0
FEWEST_PIXELS = 14  # smaller ones have no measurable shape: the picture's resolution is some 2 pixels
DEBLENDING = {"deblend_nthresh": 32, "deblend_cont": 0.005}
# The two bright stars, (x, y) from the lower left, found by eye from their diffraction spikes. A JPEG keeps no spikes
# of faint stars; a handful may be among the galaxies.
STARS = ((753.9, 293.1), (253.5, 704.9))
STAR_RADIUS = 12.0
HALF_LIGHT_REACH = 6.0  # in units of the major axis: how far out the light is summed


@dataclass(frozen=True)
class Detections:
    """The objects detected in a picture.

    Attributes:
        objects: sep's record array, one row per object.
        half_light_radius: pixels, (n,).
    """

    objects: np.ndarray
    half_light_radius: np.ndarray


def read_hubble() -> Iterator[Alert | Reject]:
    """The galaxies, from the bottom of the picture to its top; each stamp (3, 53, 53): red, green, blue as in the JPEG.

    Stamps are NaN beyond the picture's edge. candid and object_id encode the central pixel, so that they do not depend
    on what else is detected.
    """
    try:
        picture = load_picture()
    except Exception as error:  # without its pictures scikit-image tries to download them, and fails in many ways
        yield Reject("hubble", Reason.UNREADABLE, f"scikit-image has no Hubble Deep Field picture ({error})")
        return
    found = detect(picture)
    order = np.lexsort((found.objects["x"], found.objects["y"]))
    for index in order:
        alert = _alert(picture, found.objects[index], float(found.half_light_radius[index]))
        if not _is_star(alert):
            yield alert


def load_picture() -> np.ndarray:
    """The picture, float32 (3, 872, 1000): red, green, blue from 0 to 255, the first row at the bottom as in FITS."""
    from skimage.data import hubble_deep_field

    return np.ascontiguousarray(hubble_deep_field()[::-1].transpose(2, 0, 1), dtype=np.float32)


def detect(picture: np.ndarray) -> Detections:
    """Objects in the mean of the colours, above a variable sky, with touching ones separated.

    Args:
        picture: float32 (channels, height, width).
    """
    mean = np.ascontiguousarray(picture.mean(axis=0))
    sky = sep.Background(mean, bw=SKY_BOX, bh=SKY_BOX)
    flux = mean - sky
    found = sep.extract(flux, THRESHOLD_SIGMA, err=sky.globalrms, minarea=FEWEST_PIXELS, **DEBLENDING)
    reach = HALF_LIGHT_REACH * found["a"]
    radius, _ = sep.flux_radius(flux, found["x"], found["y"], reach, 0.5, normflux=found["flux"], subpix=5)
    return Detections(found, radius)


def _alert(picture: np.ndarray, found: np.void, half_light_radius: float) -> Alert:
    column, row = round(float(found["x"])), round(float(found["y"]))
    return Alert(
        survey=HUBBLE.name,
        candid=10_000 * row + column,
        object_id=f"HDF{column:04d}-{row:04d}",
        ra=None,
        dec=None,
        mjd=None,
        band=None,
        magnitude=None,
        stamp=cut(picture, column, row, HUBBLE.size),
        source=SOURCE,
        candidate=_measured(found, half_light_radius),
    )


def _measured(found: np.void, half_light_radius: float) -> dict[str, float]:
    """The values that HUBBLE.metadata describes."""
    return {
        "isophotal_area": float(found["npix"]),
        "ellipticity": 1 - float(found["b"]) / float(found["a"]),
        "position_angle": float(np.degrees(found["theta"])),
        "half_light_radius": half_light_radius,
        "isophotal_flux": float(found["flux"]),
        "instrumental_magnitude": -2.5 * float(np.log10(found["flux"])),
        "peak": float(found["peak"]),
        "touching": float(bool(found["flag"] & sep.OBJ_MERGED)),
        "x": float(found["x"]),
        "y": float(found["y"]),
    }


def cut(picture: np.ndarray, column: int, row: int, size: int) -> np.ndarray:
    """The (channels, size, size) around a pixel, `size` odd; NaN beyond the picture's edge, the pixel at the centre."""
    height, width = picture.shape[-2:]
    bottom, left = row - size // 2, column - size // 2
    inside = picture[..., max(bottom, 0) : min(bottom + size, height), max(left, 0) : min(left + size, width)]
    return stamps.place(inside, size, (max(-bottom, 0), max(-left, 0)))


def _is_star(alert: Alert) -> bool:
    x, y = (float(cast(float, alert.candidate[name])) for name in ("x", "y"))
    return any(np.hypot(x - at[0], y - at[1]) < STAR_RADIUS for at in STARS)


SOURCES.register(
    Source("hubble", "galaxies of the Hubble eXtreme Deep Field", read_built_in=read_hubble),
    order=40,
)
