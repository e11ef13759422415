"""What differs from one survey to the next, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote


@dataclass(frozen=True)
class Portal:
    """A web page about one object. `template` may use {object_id}, {candid}, {ra} and {dec} (deg)."""

    name: str
    template: str

    def url(self, *, object_id: str, candid: int, ra: float, dec: float) -> str:
        """The page's address; object_id is quoted, since packets are outside input."""
        return self.template.format(
            object_id=quote(object_id, safe=""), candid=candid, ra=f"{ra:.6f}", dec=f"{dec:.6f}"
        )


@dataclass(frozen=True)
class Survey:
    """A source of stamps.

    Attributes:
        name: the key in the catalogue, with candid.
        title: what a person reads.
        channels: names of the stamp's channels, in order.
        stamp_size: height and width of a whole stamp, in pixels.
        pixel_scale: arcsec a pixel.
        detector: (width, height) of the detector in pixels, for stamps cut by its edge; None if unknown.
        classes: the classes that labels of this survey use, in the order of legends.
        metadata: candidate fields kept as columns of their own (float64), with what they mean.
        portals: pages about an object elsewhere.
        simulated: True if no telescope saw these objects; shown wherever they are.
    """

    name: str
    title: str
    channels: tuple[str, ...]
    stamp_size: int
    pixel_scale: float
    classes: tuple[str, ...]
    detector: tuple[int, int] | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    portals: tuple[Portal, ...] = ()
    simulated: bool = False


CLASSES = ("AGN", "SN", "VS", "asteroid", "bogus")

ZTF_METADATA = {
    "rb": "real-bogus score, random forest (0 to 1)",
    "drb": "real-bogus score, deep learning (0 to 1)",
    "fwhm": "full width at half maximum of the detection (pixels)",
    "elong": "ratio of the detection's axes",
    "sgscore1": "star-galaxy score of the nearest PS1 source (1 is a star)",
    "distpsnr1": "distance to the nearest PS1 source (arcsec)",
    "ssdistnr": "distance to the nearest known Solar System object (arcsec)",
    "ndethist": "earlier detections at this position",
    "jdstarthist": "first detection at this position (JD)",
    "diffmaglim": "5-sigma limiting magnitude of the difference image (mag)",
    "scorr": "peak signal-to-noise in the detection image",
    "nneg": "negative pixels in a 5x5 box",
    "nbad": "bad pixels in a 5x5 box",
}

# The quadrant's size is that of a ZTF CCD quadrant image (Masci et al. 2019, PASP 131, 018003).
ZTF = Survey(
    name="ztf",
    title="ZTF",
    channels=("science", "template", "difference"),
    stamp_size=63,
    pixel_scale=1.01,
    detector=(3072, 3080),
    classes=CLASSES,
    metadata=ZTF_METADATA,
    portals=(
        Portal("ALeRCE", "https://alerce.online/object/{object_id}"),
        Portal("Fink", "https://fink-portal.org/{object_id}"),
        Portal("SIMBAD", "https://simbad.cds.unistra.fr/simbad/sim-coo?Coord={ra}+{dec}&Radius=5&Radius.unit=arcsec"),
        Portal("TNS", "https://www.wis-tns.org/search?ra={ra}&decl={dec}&radius=5&coords_unit=arcsec"),
    ),
)

SIMULATED = Survey(
    name="simulated",
    title="Simulated (ZTF-like)",
    channels=ZTF.channels,
    stamp_size=ZTF.stamp_size,
    pixel_scale=ZTF.pixel_scale,
    classes=CLASSES,
    metadata={"fwhm": ZTF_METADATA["fwhm"], "diffmaglim": ZTF_METADATA["diffmaglim"]},
    simulated=True,
)

SURVEYS: Mapping[str, Survey] = {survey.name: survey for survey in (ZTF, SIMULATED)}
