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
class Display:
    """How a survey's stamps become pictures for a person.

    Attributes:
        signed: channels in which zero flux belongs in the middle of the scale (difference images).
        composite: the channels shown as red, green and blue of one colour picture; None if there is none.
        white: the pixel value shown as white, linearly from 0, where the pixels have been stretched for the eye
            already; None for fluxes, which are stretched by their own sky noise.
        thumbnail: height and width of the central part that stands for a stamp where room is short (pixels);
            None for all of it.
    """

    signed: tuple[str, ...] = ()
    composite: tuple[str, str, str] | None = None
    white: float | None = None
    thumbnail: int | None = None


@dataclass(frozen=True)
class Survey:
    """A source of stamps.

    Attributes:
        name: the key in the catalogue, with candid.
        title: what a person reads.
        channels: names of the stamp's channels, in order; none if they differ from stamp to stamp.
        stamp_size: height and width of a whole stamp, in pixels; None if it differs from stamp to stamp.
        pixel_scale: arcsec a pixel; None if it differs from stamp to stamp (see the metadata `pixel_scale`).
        detector: (width, height) of the detector in pixels, for stamps cut by its edge; None if unknown.
        classes: the classes that labels of this survey use, in the order of legends.
        metadata: candidate fields kept as columns of their own (float64), with what they mean.
        portals: pages about an object elsewhere.
        simulated: True if no telescope saw these objects; shown wherever they are.
        display: how stamps become pictures.
        encoders: those made for such stamps, in the order in which they are offered.
        one_picture: True if all stamps are cut from one picture, at the metadata `x` and `y` (pixels): stamps
            nearer to each other than their size share pixels.
        nouns: what one stamp's object is called, and several.
    """

    name: str
    title: str
    channels: tuple[str, ...]
    stamp_size: int | None
    pixel_scale: float | None
    classes: tuple[str, ...]
    detector: tuple[int, int] | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    portals: tuple[Portal, ...] = ()
    simulated: bool = False
    display: Display = Display()
    encoders: tuple[str, ...] = ()
    one_picture: bool = False
    nouns: tuple[str, str] = ("alert", "alerts")

    def channel_names(self, count: int) -> tuple[str, ...]:
        """Names of the channels of a stamp that has `count` of them."""
        if len(self.channels) == count:
            return self.channels
        return ("image",) if count == 1 else tuple(f"channel {number}" for number in range(1, count + 1))


CLASSES = ("AGN", "SN", "VS", "asteroid", "bogus")
ALERT_DISPLAY = Display(signed=("difference",))
ALERT_ENCODERS = ("simclr", "s-simclr")

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
    display=ALERT_DISPLAY,
    encoders=ALERT_ENCODERS,
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
    display=ALERT_DISPLAY,
    encoders=ALERT_ENCODERS,
)

# The picture is a reduced JPEG of the Hubble eXtreme Deep Field (STScI release 2012-37; Illingworth et al. 2013, ApJS
# 209, 6). Nothing in it says its pixel scale: the field is 2.3 by 2.0 arcmin, the picture 1000 by 872 pixels, which
# gives 0.138 arcsec a pixel along either axis, sure to about 5 % since the field is known to a tenth of an arcmin.
# It has no world coordinates either, so that its galaxies have no position on the sky here.
HUBBLE = Survey(
    name="hubble",
    title="Hubble Deep Field (galaxies)",
    channels=("red", "green", "blue"),
    # Room to turn a 33-pixel crop. The isophotes of all galaxies but one fit.
    stamp_size=53,
    pixel_scale=0.138,
    classes=(),
    metadata={
        "isophotal_area": "pixels above three times the sky noise, in the mean of the three colours (pixels)",
        "ellipticity": "1 - b/a, from the second moments above the isophote (0 is round)",
        "position_angle": "of the major axis, anticlockwise from the picture's horizontal (deg)",
        "half_light_radius": "radius that holds half of the isophotal flux (pixels)",
        "isophotal_flux": "above the sky within the isophote, mean of the colours (counts of the JPEG, not linear)",
        "instrumental_magnitude": "-2.5 log10 of the isophotal flux; zero point arbitrary, counts of the JPEG (mag)",
        "peak": "brightest pixel above the sky, mean of the three colours (counts of the JPEG)",
        "touching": "1 if the isophote touches another galaxy's and was parted from it, else 0",
        "x": "centre, from the left of the picture (pixels, the first is 0)",
        "y": "centre, from the bottom of the picture (pixels, the first is 0)",
    },
    display=Display(composite=("red", "green", "blue"), white=255.0, thumbnail=33),
    encoders=("galaxies-simsiam", "pca"),
    one_picture=True,
    nouns=("galaxy", "galaxies"),
)

FITS = Survey(
    name="fits",
    title="FITS images",
    channels=(),
    stamp_size=None,
    pixel_scale=None,
    classes=(),
    metadata={"pixel_scale": "by the file's world coordinates or its PIXSCALE (arcsec a pixel)"},
    encoders=("pca",),
    nouns=("image", "images"),
)

SURVEYS: Mapping[str, Survey] = {survey.name: survey for survey in (ZTF, SIMULATED, HUBBLE, FITS)}
