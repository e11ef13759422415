"""The Legacy Survey of Space and Time of the Vera C. Rubin Observatory: public alerts, stamps of 30 to 102 pixels."""

from __future__ import annotations

from ztfexplore.alerts.survey import SURVEYS, Portal, Survey
from ztfexplore.alerts.surveys.ztf import ZTF

METADATA = {
    "reliability": "real-bogus score (0 to 1); Fink warns not to trust it blindly",
    "snr": "signal-to-noise ratio of the detection",
    "isNegative": "1 if the source is fainter than in the template, else 0",
    "psfFlux": "PSF flux on the difference image, with its sign (nJy)",
    "psfFluxErr": "error of psfFlux (nJy)",
    "scienceFlux": "forced PSF flux on the science image (nJy)",
    "templateFlux": "forced PSF flux on the template (nJy)",
    "extendedness": "0 for a point source, 1 for an extended one",
    "isDipole": "1 if a dipole fits best, else 0",
    "trailLength": "length of the trail that fits best (arcsec)",
    "pixelFlags": "1 if any pixel of the source is flagged, else 0",
    "pixelFlags_edge": "1 if the source touches the edge of the detector, else 0",
    "pixelFlags_saturated": "1 if a pixel of the source is saturated, else 0",
    "pixelFlags_streak": "1 if a pixel of the source lies in a streak, else 0",
    "nDiaSources": "detections of the same object so far",
    "pixel_scale": "of the stamp, from its world coordinates (arcsec per pixel)",
    "north_angle": "direction of north, anticlockwise from the upward direction of the stamp's columns (deg)",
    "psf_fwhm": "full width at half maximum of the science image's PSF, by its effective area (arcsec)",
    "diffmaglim": ZTF.metadata["diffmaglim"],
}

# The addresses are those that the brokers' own pages and others' programs link to.
LSST = SURVEYS.register(
    Survey(
        name="lsst",
        title="Rubin/LSST",
        channels=ZTF.channels,
        stamp_size=None,
        pixel_scale=None,
        classes=ZTF.classes,
        metadata=METADATA,
        portals=(
            Portal("Fink", "https://lsst.fink-portal.org/{object_id}"),
            Portal("ALeRCE", "https://lsst.alerce.online/object/{object_id}?survey=lsst"),
            Portal("Lasair", "https://lasair.lsst.ac.uk/objects/{object_id}/"),
            *(portal for portal in ZTF.portals if portal.name in ("SIMBAD", "TNS")),
        ),
        display=ZTF.display,
    ),
    order=50,
)
