"""A camera like ZTF's and its image subtraction: from a sky to science, template and difference.

Everything is computed in Fourier space, where a star is a phase, a galaxy is GalSim's transform of a Sersic profile
and the atmosphere is one product, so that a crowded field takes no longer than an empty one.

The numbers are those of the ZTF camera (Bellm et al. 2019, PASP 131, 018002) and its pipeline (Masci et al. 2019, PASP
131, 018003); where those papers give none, they were measured on public alert packets. Subtraction is in the
spirit of Zackay, Ofek & Gal-Yam 2016 (ApJ 830, 27): the template is matched to the science image's PSF, and what is
left of a constant star is the error of the match. Positions are pixels from the array's centre, fluxes are DN.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import galsim
import numpy as np
from numpy.random import Generator
from scipy.ndimage import convolve1d

from ztfexplore.alerts.surveys.simulated import SIMULATED

SIZE = SIMULATED.size
CANVAS = 80  # pixels; a margin around the stamp, because the Fourier transform wraps around
MARGIN = CANVAS // 2 - 6  # sources farther out would wrap into the stamp

GAIN = 6.2  # electrons per DN
# DN per pixel; noise without sky (readout, flat field, unresolved sources): real noise is sqrt(sky/6.2 + 3^2)
FLOOR = 3.0
TEMPLATE_EXPOSURES = 20  # real templates have about 1/sqrt(20) of a single exposure's noise
ZERO_POINT = {"g": 26.1, "r": 26.2, "i": 25.7}  # mag of 1 DN
SKY = {"g": 85.0, "r": 190.0, "i": 250.0}  # DN per pixel, median
SEEING = {"g": 2.75, "r": 2.6, "i": 2.5}  # pixels, median FWHM of a star as recorded, pixel response included
TEMPLATE_SEEING = 2.5  # pixels; templates are made from the better nights and differ little
SATURATION = 12.5  # mag; the core of a brighter star is masked

_WINDOW = np.arange(-(SIZE // 2), SIZE // 2 + 1)
# A transform is (80, 41): spatial frequencies in radians per pixel, upwards from -pi along y, from 0 along x.
_KX = 2 * np.pi / CANVAS * np.arange(CANVAS // 2 + 1)
_KY = 2 * np.pi / CANVAS * np.arange(-CANVAS // 2, CANVAS // 2)
# Numpy expects y to start from 0; shifting the frequencies by half their range alternates the sign along the pixels.
_SIGN = np.where(_WINDOW % 2, -1.0, 1.0)[:, None]
# Resampling a template correlates its noise, in real ones by about 0.2 between neighbours.
_NEIGHBOUR = 0.1
# Pixel, charge diffusion and resampling together, as the kernel (1/4, 1/2, 1/4). Its transform is 0 at the Nyquist
# frequency, so bright stars do not ring across the stamp.
_PIXEL = np.cos(_KX / 2) ** 2 * np.cos(_KY[:, None] / 2) ** 2
_PIXEL_FWHM = 1.93  # pixels; in quadrature with a Kolmogorov FWHM, right to 3%

NO_STARS = np.zeros((0, 3))


@dataclass(frozen=True, slots=True)
class Galaxy:
    """A Sersic profile. `radius` is the half-light radius (pixels), `axis_ratio` minor over major, `angle` radians."""

    x: float
    y: float
    flux: float
    radius: float
    index: float
    axis_ratio: float
    angle: float


@dataclass(frozen=True, slots=True)
class Sky:
    """A sky.

    Attributes:
        stars: (n, 3), x, y and flux of point sources in the template.
        galaxies: in the template too.
        change: (m, 3), x, y and flux of the change: science minus template.
    """

    stars: np.ndarray = field(default_factory=lambda: NO_STARS)
    galaxies: tuple[Galaxy, ...] = ()
    change: np.ndarray = field(default_factory=lambda: NO_STARS)


@dataclass(frozen=True, slots=True)
class Conditions:
    """How an exposure and its template were taken, and how well they were matched.

    Attributes:
        band: 'g', 'r' or 'i'.
        sky: background (DN per pixel).
        fwhm, template_fwhm: of the two PSFs (pixels).
        shear, template_shear: (g1, g2) of the two PSFs, from guiding and optics.
        shift: (x, y) error of the registration (pixels).
        blur: error of the PSF match, as the variance it adds to the template (pixels^2; negative sharpens).
        stretch: the same for the ellipticity: variance added along x and removed along y, and along the diagonals.
        scale: relative error of the template's flux scale.
        glare: relative change of bleed trails between the two epochs.
    """

    band: str
    sky: float
    fwhm: float
    template_fwhm: float
    shear: tuple[float, float] = (0.0, 0.0)
    template_shear: tuple[float, float] = (0.0, 0.0)
    shift: tuple[float, float] = (0.0, 0.0)
    blur: float = 0.0
    stretch: tuple[float, float] = (0.0, 0.0)
    scale: float = 0.0
    glare: float = 0.0

    @property
    def noise(self) -> float:
        """Standard deviation of the science background (DN per pixel)."""
        return float(np.sqrt(self.sky / GAIN + FLOOR**2))

    @property
    def flux_noise(self) -> float:
        """Standard deviation of a faint star's PSF flux (DN): a Gaussian's of the same FWHM, and 8% for the wings."""
        return float(1.08 * self.noise * np.sqrt(4 * np.pi) * self.fwhm / 2.355)

    @property
    def limit(self) -> float:
        """5-sigma limiting magnitude of the difference."""
        return self.magnitude(5 * self.flux_noise)

    def magnitude(self, flux: float) -> float:
        """Magnitude of a flux in DN (> 0)."""
        return ZERO_POINT[self.band] - 2.5 * float(np.log10(flux))

    def flux(self, magnitude: float) -> float:
        """Flux in DN of a magnitude."""
        return 10 ** (0.4 * (ZERO_POINT[self.band] - magnitude))


def observe(rng: Generator) -> Conditions:
    """Draw a night. Spreads are those of real packets; errors of the match leave residuals like real ones."""
    band = "gri"[rng.choice(3, p=(0.52, 0.45, 0.03))]
    return Conditions(
        band=band,
        sky=float(SKY[band] * np.exp(0.3 * rng.standard_normal())),
        fwhm=float(np.clip(SEEING[band] * np.exp(0.22 * rng.standard_normal()), 2.2, 4.6)),
        template_fwhm=float(np.clip(rng.normal(TEMPLATE_SEEING, 0.13), 2.25, 3.0)),
        shear=tuple(rng.normal(0, 0.025, 2).tolist()),
        template_shear=tuple(rng.normal(0, 0.01, 2).tolist()),
        shift=tuple(rng.normal(0, 0.025, 2).tolist()),
        blur=float(rng.normal(0, 0.03)),
        stretch=tuple(rng.normal(0, 0.02, 2).tolist()),
        scale=float(rng.normal(0, 0.003)),
        glare=float(rng.normal(0, 0.05)),
    )


def expose(sky: Sky, conditions: Conditions, rng: Generator) -> np.ndarray:
    """Photograph a sky.

    Returns:
        float32 (3, 63, 63): science and template with their background, and difference = science - matched template
        (so a source that faded is negative; a ZTF packet with isdiffpos 'f' shows the inverse). NaN over the
        cores of saturated stars.
    """
    science, template, difference = _noiseless(sky, conditions)
    glare = _glare(sky.stars, conditions)
    science_noise = _noise(science + glare, conditions, rng)
    template_noise = _resampled(_noise(template + glare, conditions, rng)) / np.sqrt(TEMPLATE_EXPOSURES)
    level = conditions.sky * (1 + 0.004 * rng.standard_normal())  # backgrounds are matched, but not perfectly
    stamp = np.stack(
        (
            science + glare * (1 + conditions.glare) + conditions.sky + science_noise,
            template + glare + level + template_noise,
            difference + glare * conditions.glare + science_noise - template_noise,
        )
    ).astype(np.float32)
    stamp[:, saturated(sky.stars, conditions)] = np.nan
    return stamp


def point(conditions: Conditions, x: float = 0.0, y: float = 0.0) -> np.ndarray:
    """The science PSF of unit flux at (x, y), (63, 63)."""
    return _image(_atmosphere(conditions.fwhm, conditions.shear) * _points(np.array([[x, y, 1.0]])))


def saturated_reach(magnitude: float) -> float:
    """Half the width (pixels) of the box that the pipeline masks over the core of a saturated star."""
    return 4.5 + 3 * (SATURATION - magnitude)


def saturated(stars: np.ndarray, conditions: Conditions) -> np.ndarray:
    """Where the pipeline masks: a box over each saturated core, with clipped corners; bool (63, 63)."""
    mask = np.zeros((SIZE, SIZE), dtype=bool)
    for x, y, flux in stars[stars[:, 2] > conditions.flux(SATURATION)]:
        half = saturated_reach(conditions.magnitude(flux))
        across, up = np.abs(_WINDOW - x), np.abs(_WINDOW - y)
        mask |= (up < half)[:, None] & (across < half) & (up[:, None] + across < 1.8 * half)
    return mask


def _noiseless(sky: Sky, conditions: Conditions) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Science, template and difference above the background, before noise; each (63, 63)."""
    static, change = _points(sky.stars), _points(sky.change)
    for galaxy in sky.galaxies:
        static += _galaxy(galaxy)
    seeing = _atmosphere(conditions.fwhm, conditions.shear)
    template_seeing = _atmosphere(conditions.template_fwhm, conditions.template_shear)
    science = seeing * (static + change)
    matched = seeing * static * _mismatch(conditions)
    return _image(science), _image(template_seeing * static), _image(science - matched)


@lru_cache(maxsize=2)  # the picture and its photometry need the same
def _atmosphere(fwhm: float, shear: tuple[float, float]) -> np.ndarray:
    """Transform of a Kolmogorov PSF of unit flux; `fwhm` includes the pixel's own response. (80, 41)."""
    seeing = galsim.Kolmogorov(fwhm=np.sqrt(fwhm**2 - _PIXEL_FWHM**2))
    return _PIXEL * _transform(seeing.shear(g1=shear[0], g2=shear[1]))


def _mismatch(conditions: Conditions) -> np.ndarray:
    """The errors of the matching kernel: it shifts, blurs and scales the template. (80, 41)."""
    (x, y), (plus, cross) = conditions.shift, conditions.stretch
    kx, ky = _KX, _KY[:, None]
    variance = conditions.blur * (kx**2 + ky**2) + plus * (kx**2 - ky**2) + 2 * cross * kx * ky
    return (1 + conditions.scale) * np.exp(-1j * (x * kx + y * ky) - 0.5 * variance)


def _points(stars: np.ndarray) -> np.ndarray:
    """Transform of point sources (n, 3: x, y, flux): a sum of phases, (80, 41)."""
    x, y, flux = stars.T
    return (flux * np.exp(-1j * np.outer(_KY, y))) @ np.exp(-1j * np.outer(x, _KX))


def _galaxy(galaxy: Galaxy) -> np.ndarray:
    """Transform of a galaxy, (80, 41)."""
    sersic = galsim.Sersic(n=galaxy.index, half_light_radius=galaxy.radius, flux=galaxy.flux)
    shape = galsim.Shear(q=galaxy.axis_ratio, beta=galaxy.angle * galsim.radians)
    return _transform(sersic.shear(shape).shift(galaxy.x, galaxy.y))


def _transform(profile: galsim.GSObject) -> np.ndarray:
    """GalSim's Fourier transform of a profile, (80, 41)."""
    half = CANVAS // 2
    image = galsim.ImageCD(galsim.BoundsI(0, half, -half, half - 1))
    profile.drawKImage(image, scale=2 * np.pi / CANVAS, recenter=False)
    return image.array


def _image(transform: np.ndarray) -> np.ndarray:
    """The stamp (63, 63) about the origin of a transform (80, 41)."""
    return _SIGN * np.fft.irfft2(transform, s=(CANVAS, CANVAS))[_WINDOW[:, None], _WINDOW]


def _noise(scene: np.ndarray, conditions: Conditions, rng: Generator) -> np.ndarray:
    """One exposure's noise (63, 63): photons of sky and sources, and the detector's floor."""
    variance = np.maximum(scene + conditions.sky, 0) / GAIN + FLOOR**2
    return rng.standard_normal(scene.shape) * np.sqrt(variance)


def _resampled(noise: np.ndarray) -> np.ndarray:
    """Resampled white noise (63, 63): correlated between neighbours, with the same variance."""
    kernel = np.array([_NEIGHBOUR, 1.0, _NEIGHBOUR])
    kernel /= np.sqrt((kernel**2).sum())
    return convolve1d(convolve1d(noise, kernel, axis=0, mode="wrap"), kernel, axis=1, mode="wrap")


def _glare(stars: np.ndarray, conditions: Conditions) -> np.ndarray:
    """Charge trails along rows, aureole and spikes of bright stars (63, 63); they show from about mag 15.5."""
    glare = np.zeros((SIZE, SIZE))
    for x, y, flux in stars[stars[:, 2] > conditions.flux(15.5)]:
        across, up = _WINDOW - x, (_WINDOW - y)[:, None]
        glare += 2e-4 * flux * np.exp(-np.abs(across) / 12 - 0.5 * (up / 0.9) ** 2)
        distance = np.hypot(across, up)
        glare += 1e-5 * flux / (1 + (distance / 6) ** 2)
        if flux > conditions.flux(SATURATION):
            off_axis = np.minimum(np.abs(across - up), np.abs(across + up))
            glare += 4e-5 * flux * np.exp(-distance / 10 - 0.5 * (off_axis / 1.2) ** 2)
    return glare
