"""What the camera sees: one function per class, from a random generator to a scene.

Magnitudes, offsets, host sizes and the crowding of fields follow those of public ZTF alerts of the same class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from ztfexplore.alerts.surveys.simulated import SIMULATED
from ztfexplore.sources.simulation import artefacts
from ztfexplore.sources.simulation.camera import (
    MARGIN,
    NO_STARS,
    SATURATION,
    Conditions,
    Galaxy,
    Sky,
    saturated_reach,
)

FAINTEST = 22.5  # mag; fainter field objects are lost in the template's noise
ARCMIN2 = (2 * MARGIN * SIMULATED.scale / 60) ** 2  # the area filled with stars and galaxies
SOUTHERN_LIMIT = -30.0  # deg, declination
GALACTIC_POLE = (192.8595, 27.1283)  # ra, dec (deg, J2000)
ECLIPTIC_POLE = (270.0, 66.5607)


@dataclass(frozen=True, slots=True)
class Scene:
    """A sky, the night of the exposure, and the detector's defect if any.

    Attributes:
        kind: what it is, in more detail than its class ('dipole', 'quasar', ...).
        x, y: pixels from the array's centre to the object.
        host: magnitude of the host galaxy; None if there is none.
        offset: distance from the host's nucleus (arcsec); None if there is no host.
        artefact: the detector's defect that causes the alert; None if there is none.
    """

    sky: Sky
    conditions: Conditions
    kind: str
    x: float = 0.0
    y: float = 0.0
    artefact: artefacts.Artefact | None = None
    host: float | None = None
    offset: float | None = None

    @property
    def truth(self) -> float | None:
        """Magnitude of the simulated change; None if nothing in the sky changed."""
        change = abs(float(self.sky.change[:, 2].sum()))
        return self.conditions.magnitude(change) if change else None


def position(label: str, rng: Generator) -> tuple[float, float, float]:
    """Right ascension, declination and Galactic latitude (deg), within ZTF's sky.

    Variable stars concentrate towards the Galactic plane, asteroids towards the ecliptic; galaxies avoid the plane.
    """
    ra = rng.uniform(0, 360, 6)
    dec = np.degrees(np.arcsin(rng.uniform(np.sin(np.radians(SOUTHERN_LIMIT)), 1, 6)))
    galactic, ecliptic = _latitude(ra, dec, GALACTIC_POLE), _latitude(ra, dec, ECLIPTIC_POLE)
    choice = {
        "VS": np.argmin(np.abs(galactic[:2])),
        "asteroid": np.argmin(np.abs(ecliptic)),
        "AGN": np.argmax(np.abs(galactic[:4])),
        "SN": np.argmax(np.abs(galactic[:4])),
    }.get(label, 0)
    return float(ra[choice]), float(dec[choice]), float(galactic[choice])


def supernova(field: Sky, night: Conditions, rng: Generator) -> Scene:
    """A new point source off the nucleus of a galaxy; one in eight has faded since the template was taken."""
    x, y = _jitter(rng)
    flux = night.flux(_above_limit(night, rng, 0.75))
    host, offset = _host(night, rng, x, y)
    sky, kind = _with_galaxy(field, host, rng), "supernova"
    if rng.random() < 0.12:
        kind = "fading supernova"
        sky, flux = _with_star(sky, x, y, flux * rng.uniform(1.0, 1.5)), -flux
    sky = replace(sky, change=_star(x, y, flux))
    return Scene(sky, night, kind, x, y, host=night.magnitude(host.flux), offset=offset)


def active_nucleus(field: Sky, night: Conditions, rng: Generator) -> Scene:
    """A point source that varies in the nucleus of a galaxy. The galaxy outshines it, or is a quasar's faint host."""
    x, y = _jitter(rng)
    change = rng.choice((-1, 1)) * night.flux(_above_limit(night, rng, 0.85))
    excess = np.clip(rng.normal(1.4, 0.6), 0.15, 3.0)  # mag; how much brighter the nucleus is than its change
    nucleus = min(abs(change) * 10 ** (0.4 * excess), night.flux(SATURATION + 1))
    contrast = rng.normal(-0.3, 0.9)  # mag; host minus nucleus
    mag = float(np.clip(night.magnitude(nucleus) + contrast, 14.0, 20.5))
    host = replace(_galaxy(mag, night, rng), x=x, y=y)
    sky = replace(_with_star(_with_galaxy(field, host, rng), x, y, nucleus), change=_star(x, y, change))
    return Scene(sky, night, "quasar" if contrast > 0.5 else "Seyfert", x, y, host=mag, offset=0.0)


def variable_star(field: Sky, night: Conditions, rng: Generator) -> Scene:
    """A star brighter or fainter than it was in the template."""
    x, y = _jitter(rng)
    star = night.flux(float(np.clip(rng.normal(16.2, 1.5), 13.0, 19.5)))
    fraction = np.clip(0.22 * np.exp(0.7 * rng.standard_normal()), 0.07, 2.5)
    change = max(star * fraction, night.flux(_above_limit(night, rng, 0.2)))
    if rng.random() < 0.55:
        star, change = max(star, change / 0.9), -change  # no star loses more light than it has
    return Scene(replace(_with_star(field, x, y, star), change=_star(x, y, change)), night, "variable star", x, y)


def asteroid(field: Sky, night: Conditions, rng: Generator) -> Scene:
    """A point source that was elsewhere in the template; if near the Earth it moves during the exposure of 30 s."""
    x, y = _jitter(rng)
    flux = night.flux(_above_limit(night, rng, 0.6))
    if rng.random() > 0.05:
        return Scene(replace(field, change=_star(x, y, flux)), night, "asteroid", x, y)
    length, angle = rng.uniform(4, 12), rng.uniform(0, np.pi)
    along = np.linspace(-length / 2, length / 2, int(2 * length))
    step = np.full_like(along, flux * rng.uniform(1.5, 3) / along.size)  # a trail has to be brighter in total
    trail = np.column_stack((x + along * np.cos(angle), y + along * np.sin(angle), step))
    return Scene(replace(field, change=trail), night, "fast mover", x, y)


def dipole(field: Sky, night: Conditions, rng: Generator) -> Scene:
    """A constant bright star that the registration missed by a fraction of a pixel; its brighter lobe is the alert."""
    angle, miss, sign = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.6), rng.choice((-1, 1))
    across, up = np.cos(angle), np.sin(angle)
    night = replace(
        night,
        shift=(miss * across, miss * up),
        blur=rng.normal(0, 0.1),
        stretch=tuple(rng.normal(0, 0.1, 2)),
        scale=-sign * rng.uniform(0, 0.06),
    )
    # The matched template is moved by +shift, so science - template is positive on the star's far side, at -shift.
    lobe = sign * 0.42 * night.fwhm
    mag = rng.uniform(13.5, 17.0) - 2.5 * np.log10(0.4 / miss)
    return Scene(_with_star(field, lobe * across, lobe * up, night.flux(mag)), night, "dipole")


def ring(field: Sky, night: Conditions, rng: Generator) -> Scene:
    """A constant bright star that the PSF match missed: a core of one sign in a ring of the other."""
    x, y = _jitter(rng)
    blur = rng.choice((-1, 1)) * rng.uniform(0.15, 0.5)
    night = replace(night, blur=blur, shift=tuple(rng.normal(0, 0.08, 2)), stretch=tuple(rng.normal(0, 0.08, 2)))
    return Scene(_with_star(field, x, y, night.flux(rng.uniform(12.7, 14.8))), night, "ring", x, y)


def saturated_star(field: Sky, night: Conditions, rng: Generator) -> Scene:
    """A saturated star beside the centre, its core masked, its trail through the centre badly subtracted."""
    mag = rng.uniform(10.8, 12.2)
    x = rng.choice((-1, 1)) * (saturated_reach(mag) + rng.uniform(2, 6))
    night = replace(night, glare=rng.choice((-1, 1)) * rng.uniform(0.2, 0.6), shift=tuple(rng.normal(0, 0.1, 2)))
    return Scene(_with_star(field, x, rng.normal(0, 1), night.flux(mag)), night, "saturated star")


def spoilt(kind: str, artefact: artefacts.Artefact) -> Callable[[Sky, Conditions, Generator], Scene]:
    """A scene with only a field and a defect of the detector."""
    return lambda field, night, rng: Scene(field, night, kind, artefact=artefact)


Maker = Callable[[Sky, Conditions, Generator], Scene]

# How often each occurs among bogus alerts, judged by eye on public packets; dipoles and cosmic rays lead.
BOGUS: Mapping[Maker, float] = {
    dipole: 0.42,
    spoilt("cosmic ray", artefacts.cosmic_ray): 0.14,
    ring: 0.08,
    saturated_star: 0.08,
    spoilt("noise peak", artefacts.noise_peak): 0.08,
    spoilt("detector edge", artefacts.edge_glow): 0.06,
    spoilt("bad column", artefacts.bad_column): 0.06,
    spoilt("bleed trail", artefacts.bleed_trail): 0.05,
    spoilt("ghost", artefacts.ghost): 0.03,
}


def bogus(field: Sky, night: Conditions, rng: Generator) -> Scene:
    """No source at all: one of the kinds in `BOGUS`."""
    makers = tuple(BOGUS)
    return makers[rng.choice(len(makers), p=np.array(tuple(BOGUS.values())))](field, night, rng)


MAKERS: Mapping[str, Maker] = {
    "AGN": active_nucleus,
    "SN": supernova,
    "VS": variable_star,
    "asteroid": asteroid,
    "bogus": bogus,
}


def surroundings(latitude: float, night: Conditions, rng: Generator) -> Sky:
    """Field stars, more at low Galactic latitude (deg), and faint galaxies; the centre stays empty."""
    count = rng.poisson(ARCMIN2 * (2.5 + 50 * np.exp(-abs(latitude) / 9)))
    # Star counts rise as 10^(0.3 mag); the brightest stay below saturation.
    steps = rng.random(count)
    bright, faint = 10 ** (0.3 * (SATURATION + 0.5)), 10 ** (0.3 * FAINTEST)
    mags = np.log10(bright + steps * (faint - bright)) / 0.3
    xy = rng.uniform(-MARGIN, MARGIN, (count, 2))
    clear = np.hypot(*xy.T) > 6 + 2 * np.maximum(17 - mags, 0)
    stars = np.column_stack((xy, night.flux(mags)))[clear]
    return Sky(stars=stars, galaxies=_faint_galaxies(night, rng))


def bright_neighbour(field: Sky, night: Conditions, rng: Generator) -> Sky:
    """The field with a saturated star whose masked core stays at least 9 pixels away from the centre."""
    angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(23, 31)
    return _with_star(field, reach * np.cos(angle), reach * np.sin(angle), night.flux(rng.uniform(10.8, 12.4)))


def _faint_galaxies(night: Conditions, rng: Generator) -> tuple[Galaxy, ...]:
    """Background galaxies, about two per arcmin^2 that are visible in a template, none on the object."""
    places = rng.uniform(-MARGIN, MARGIN, (rng.poisson(2 * ARCMIN2), 2))
    mags = FAINTEST - rng.exponential(0.9, len(places))
    return tuple(
        replace(_galaxy(float(max(mag, 18.5)), night, rng), x=float(x), y=float(y))
        for (x, y), mag in zip(places, mags, strict=True)
        if np.hypot(x, y) > 9
    )


def _galaxy(mag: float, night: Conditions, rng: Generator) -> Galaxy:
    """A galaxy of a magnitude at the origin: brighter is larger; discs and spheroids from a grid that GalSim caches."""
    radius = 2.6 * 10 ** (-0.14 * (mag - 18)) * np.exp(0.25 * rng.standard_normal())
    return Galaxy(
        x=0.0,
        y=0.0,
        flux=night.flux(mag),
        radius=float(np.clip(radius, 0.7, 11)),
        index=(1.0, 1.5, 2.5, 4.0)[rng.choice(4, p=(0.45, 0.2, 0.2, 0.15))],
        axis_ratio=float(rng.uniform(0.35, 1)),
        angle=float(rng.uniform(0, np.pi)),
    )


def _host(night: Conditions, rng: Generator, x: float, y: float) -> tuple[Galaxy, float]:
    """A galaxy placed so that (x, y) lies 0.3 to 2 half-light radii from its nucleus; and that offset (arcsec)."""
    host = _galaxy(float(np.clip(rng.normal(17.3, 1.7), 13.5, 21)), night, rng)
    reach = host.radius * rng.triangular(0.3, 0.9, 2.0)
    angle = rng.uniform(0, 2 * np.pi)
    major, minor = reach * np.cos(angle), host.axis_ratio * reach * np.sin(angle)
    across = major * np.cos(host.angle) - minor * np.sin(host.angle)
    up = major * np.sin(host.angle) + minor * np.cos(host.angle)
    offset = float(np.hypot(across, up))
    stretch = max(1.0, 1.0 / offset)  # at least a pixel, or it would be a nuclear transient
    host = replace(host, x=x - stretch * across, y=y - stretch * up)
    return host, offset * stretch * SIMULATED.scale


def _with_galaxy(field: Sky, galaxy: Galaxy, rng: Generator) -> Sky:
    """The field with a galaxy, and with the knots of its spiral arms if it is a large disc."""
    arms = _arms(galaxy, rng) if galaxy.radius > 2.5 and galaxy.index < 2 else NO_STARS
    return replace(field, stars=np.vstack((field.stars, arms)), galaxies=(*field.galaxies, galaxy))


def _arms(galaxy: Galaxy, rng: Generator) -> np.ndarray:
    """Star-forming knots along two logarithmic arms, with one seventh of the galaxy's light; (n, 3)."""
    count = int(rng.integers(50, 90))
    turn = rng.uniform(0.2, 2.2, count)  # radians along the arm
    reach = 0.5 * galaxy.radius * np.exp(0.6 * turn) * np.exp(0.15 * rng.standard_normal(count))
    angle = turn * rng.choice((-1, 1)) + np.pi * rng.integers(0, 2, count)
    major, minor = reach * np.cos(angle), galaxy.axis_ratio * reach * np.sin(angle)
    x = galaxy.x + major * np.cos(galaxy.angle) - minor * np.sin(galaxy.angle)
    y = galaxy.y + major * np.sin(galaxy.angle) + minor * np.cos(galaxy.angle)
    return np.column_stack((x, y, 0.15 * galaxy.flux * rng.dirichlet(np.full(count, 3.0))))


def _above_limit(night: Conditions, rng: Generator, spread: float) -> float:
    """A magnitude somewhat brighter than the limit: most alerts are faint."""
    return float(max(night.limit - 0.4 - rng.gamma(2.0, spread), 14.5))


def _star(x: float, y: float, flux: float) -> np.ndarray:
    """One point source, (1, 3)."""
    return np.array([[x, y, flux]], dtype=float)


def _with_star(field: Sky, x: float, y: float, flux: float) -> Sky:
    """The field with a star that is also in the template."""
    return replace(field, stars=np.vstack((field.stars, _star(x, y, flux))))


def _jitter(rng: Generator) -> tuple[float, float]:
    """The object's position within the central pixel."""
    x, y = rng.uniform(-0.5, 0.5, 2)
    return float(x), float(y)


def _latitude(ra: np.ndarray, dec: np.ndarray, pole: tuple[float, float]) -> np.ndarray:
    """Latitude (deg) of ra and dec (deg) in the frame with this pole."""
    pole_ra, pole_dec = np.radians(pole)
    ra, dec = np.radians(ra), np.radians(dec)
    height = np.sin(dec) * np.sin(pole_dec) + np.cos(dec) * np.cos(pole_dec) * np.cos(ra - pole_ra)
    return np.degrees(np.arcsin(height))
