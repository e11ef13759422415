"""The Zwicky Transient Facility: public alerts, with science, template and difference stamps."""

from __future__ import annotations

from ztfexplore.alerts.survey import SURVEYS, Display, Portal, Survey

CLASSES = ("AGN", "SN", "VS", "asteroid", "bogus")
DISPLAY = Display(signed=("difference",))

METADATA = {
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
ZTF = SURVEYS.register(
    Survey(
        name="ztf",
        title="ZTF",
        channels=("science", "template", "difference"),
        stamp_size=63,
        pixel_scale=1.01,
        detector=(3072, 3080),
        classes=CLASSES,
        metadata=METADATA,
        portals=(
            Portal("ALeRCE", "https://alerce.online/object/{object_id}"),
            Portal("Fink", "https://fink-portal.org/{object_id}"),
            Portal(
                "SIMBAD", "https://simbad.cds.unistra.fr/simbad/sim-coo?Coord={ra}+{dec}&Radius=5&Radius.unit=arcsec"
            ),
            Portal("TNS", "https://www.wis-tns.org/search?ra={ra}&decl={dec}&radius=5&coords_unit=arcsec"),
        ),
        display=DISPLAY,
    ),
    order=10,
)
