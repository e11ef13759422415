"""Images from plain FITS files, with any channels and any size."""

from __future__ import annotations

from ztfexplore.alerts.survey import SURVEYS, Survey

FITS = SURVEYS.register(
    Survey(
        name="fits",
        title="FITS images",
        channels=(),
        stamp_size=None,
        pixel_scale=None,
        classes=(),
        metadata={"pixel_scale": "from the file's world coordinates or its PIXSCALE (arcsec per pixel)"},
        nouns=("image", "images"),
    ),
    order=40,
)
