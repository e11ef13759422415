"""FITS files as bytes."""

from __future__ import annotations

import io

import numpy as np
from astropy.io import fits

# A tangential projection of 0.36 arcsec per pixel around (150, 2) deg.
WORLD = {
    "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 12.5, "CRPIX2": 10.5, "CRVAL1": 150.0, "CRVAL2": 2.0,
    "CDELT1": -0.0001, "CDELT2": 0.0001, "CUNIT1": "deg", "CUNIT2": "deg",
}  # fmt: skip


def fits_bytes(*images: np.ndarray | None, **cards: object) -> bytes:
    """A FITS file with an image an HDU (None for an empty primary); `cards` go to the first image's header."""
    hdus = [(fits.PrimaryHDU if index == 0 else fits.ImageHDU)(image) for index, image in enumerate(images)]
    target = next((hdu for hdu in hdus if hdu.data is not None), hdus[0])
    for key, value in cards.items():
        target.header[key.replace("_", "-")] = value
    file = io.BytesIO()
    fits.HDUList(hdus).writeto(file)
    return file.getvalue()


def compressed_image(image: np.ndarray) -> bytes:
    """The same fpack'ed: a table to those who do not know."""
    file = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(image)]).writeto(file)
    return file.getvalue()
