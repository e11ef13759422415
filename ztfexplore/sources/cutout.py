"""One FITS cutout, gzip'd or not, as in alert packets."""

from __future__ import annotations

import gzip
import io
import warnings
import zlib

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning

# A whole stamp is 16 kB; a cutout that unpacks to more than this is damage or an attack, not an image.
LARGEST_CUTOUT = 16 * 1024 * 1024


class CutoutError(ValueError):
    """A cutout that is not a readable image; the message says why."""


def read_cutout(data: bytes) -> np.ndarray:
    """The image in `data`, float32 (height, width), native byte order.

    Args:
        data: a FITS file with the image in its first HDU, gzip'd (ZTF) or plain.

    Raises:
        CutoutError: if it is empty, damaged, not FITS, not two-dimensional, or unreasonably large.
    """
    raw = unpacked(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)
            image = fits.PrimaryHDU.fromstring(raw).data
    except Exception as error:  # astropy raises many kinds on damaged headers; all mean the same here
        raise CutoutError(f"damaged FITS ({error})") from error
    if image is None or image.ndim != 2 or 0 in image.shape:
        raise CutoutError("FITS without a two-dimensional image")
    with np.errstate(over="ignore"):  # values beyond float32 become infinite and so are not good pixels
        return image.astype(np.float32)


def unpacked(data: object) -> bytes:
    """The FITS file in `data`, which may be gzip'd.

    Raises:
        CutoutError: if it is empty, damaged, not FITS, or unreasonably large.
    """
    if not isinstance(data, bytes):
        raise CutoutError(f"{type(data).__name__} instead of bytes")
    if not data:
        raise CutoutError("empty")
    raw = _gunzip(data) if data[:2] == b"\x1f\x8b" else data
    if not raw.startswith(b"SIMPLE"):
        raise CutoutError(f"not FITS but {_guess(raw)}")
    return raw


def _gunzip(data: bytes) -> bytes:
    """Unpack up to a limit, so that a small file cannot fill the memory."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            raw = stream.read(LARGEST_CUTOUT + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise CutoutError(f"damaged gzip ({error})") from error
    if len(raw) > LARGEST_CUTOUT:
        raise CutoutError(f"unpacks to more than {LARGEST_CUTOUT // 1024**2} MB")
    return raw


def _guess(raw: bytes) -> str:
    """What the bytes look like, for the message."""
    if raw.startswith(b"\xff\xd8"):
        return "a JPEG picture"
    if raw.startswith(b"\x89PNG"):
        return "a PNG picture"
    return "something else"
