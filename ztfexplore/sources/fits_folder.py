"""Plain FITS cutouts, one object per file: any number of channels, any size, gzip'd or not."""

from __future__ import annotations

import hashlib
import io
import math
import re
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from lzma import LZMAError
from pathlib import Path
from typing import Any, cast

import numpy as np
from astropy import units as u
from astropy.coordinates import Angle
from astropy.io import fits
from astropy.time import Time
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales

from ztfexplore.alerts import stamps
from ztfexplore.alerts.alert import Alert, Reason, Reject, printable
from ztfexplore.alerts.surveys.fits import FITS
from ztfexplore.sources.archive import decompressed
from ztfexplore.sources.source import SOURCES, Head, Match, Source

MAGIC = b"SIMPLE  ="
NAMES = re.compile(r"\.(fits|fit|fts)(\.(gz|bz2|xz))?$", re.IGNORECASE)
# A cutout of 2000 x 2000 float32 pixels is 16 MB; a larger file is not a cutout of one object.
LARGEST_FILE = 16 * 1024 * 1024
MOST_CHANNELS = 64
MOST_CARDS = 1000
LONGEST_NAME = 80
# MJD 0 is in 1858, this in 2406: values outside are not dates of exposures.
LAST_MJD = 200_000.0
MJD_EPOCH = 2400000.5  # JD - MJD (days)

Card = float | int | str | bool | None


class _UnusableFileError(Exception):
    """A file that cannot be turned into an Alert."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def is_fits(head: bytes) -> bool:
    """Whether these bytes begin a FITS file."""
    return head.startswith(MAGIC)


def is_named_fits(name: str) -> bool:
    """Whether a file's name says that it is FITS: .fits, .fit or .fts, compressed or not."""
    return NAMES.search(name) is not None


def read_file(path: Path, on_bytes: Callable[[int], object]) -> Iterator[Alert | Reject]:
    """The Alert in one FITS file, or a Reject that says what is wrong with it."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        yield Reject(str(path), Reason.WRONG_SIZE, _too_large("the file is"))
    else:
        yield from read_bytes(path.read_bytes(), str(path))
    on_bytes(size)


def read_bytes(data: bytes, source: str) -> Iterator[Alert | Reject]:
    """The Alert in a FITS file held in memory, or a Reject. `source` is its path; in an archive it follows a colon."""
    name = re.split(r"[/:\\]", source)[-1]
    object_id = _printed(NAMES.sub("", name) or name)[:LONGEST_NAME]
    try:
        yield _alert(_unpacked(data), object_id, source)
    except _UnusableFileError as error:
        yield Reject(source, error.reason, str(error), object_id=object_id)


def _alert(raw: bytes, object_id: str, source: str) -> Alert:
    stamp, header = _read(raw)
    if not stamps.good_pixels(stamp).any():
        raise _UnusableFileError(Reason.BLANK_CUTOUT, "no good pixel")
    world = _world(header)
    ra, dec = _position(header, world, stamp.shape[1:])
    cards = {**_cards(header), "pixel_scale": _pixel_scale(header, world)}
    return Alert(
        survey=FITS.name,
        candid=hashed_id(object_id, raw),
        object_id=object_id,
        ra=ra,
        dec=dec,
        mjd=_mjd(header),
        band=_band(header),
        magnitude=None,
        stamp=stamp,
        source=printable(source),
        candidate=cards,
    )


def hashed_id(name: str, content: bytes) -> int:
    """A positive int64 that depends only on the file's name and (unpacked) content."""
    digest = hashlib.sha256(printable(name).encode() + b"\0" + content).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _unpacked(data: bytes) -> bytes:
    """The FITS file behind gzip, bzip2 or xz, up to a limit, so that a small file cannot fill the memory."""
    if not data:
        raise _UnusableFileError(Reason.UNKNOWN_FORMAT, "empty file")
    try:
        raw = decompressed(io.BufferedReader(io.BytesIO(data))).read(LARGEST_FILE + 1)
    except (OSError, EOFError, zlib.error, LZMAError) as error:
        raise _UnusableFileError(Reason.DAMAGED_CUTOUT, f"damaged compression ({error})") from error
    if len(raw) > LARGEST_FILE:
        raise _UnusableFileError(Reason.WRONG_SIZE, _too_large("it unpacks to"))
    if not is_fits(raw):
        raise _UnusableFileError(Reason.UNKNOWN_FORMAT, "not a FITS file")
    return raw


def _too_large(what: str) -> str:
    return f"{what} more than {LARGEST_FILE // 1024**2} MB, too large for a cutout of one object"


# --- pixels --------------------------------------------------------------------------------------------------------


def _read(raw: bytes) -> tuple[np.ndarray, fits.Header]:
    """All images of a file as channels (channels, height, width), float32, and the first image's header.

    Cards that only the primary header has are added to it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with fits.open(io.BytesIO(raw), memmap=False, lazy_load_hdus=False) as hdus:
                _check_whole(hdus, raw)
                images = [hdu for hdu in hdus if hdu.is_image and len(hdu.shape) > 0]
                _check_shapes([hdu.shape for hdu in images])
                stamp = np.concatenate([_channels(hdu.data) for hdu in images])
                header = images[0].header.copy()
                if images[0] is not hdus[0]:
                    header.update({key: value for key, value in hdus[0].header.items() if key and key not in header})
    except _UnusableFileError:
        raise
    except Exception as error:  # astropy raises many kinds on damaged bytes; all mean the same here
        raise _UnusableFileError(Reason.DAMAGED_CUTOUT, f"damaged FITS ({str(error)[:200]})") from error
    return stamp, header


def _check_whole(hdus: fits.HDUList, raw: bytes) -> None:
    """Raise if the file ends before its data does, or continues with something else: astropy would only warn."""
    last = hdus[-1].fileinfo()
    for hdu in hdus:
        on_disk = hdu.fileinfo()
        # A compressed image's size is that of its pixels; in other files the padding may be missing.
        length = on_disk["datSpan"] if isinstance(hdu, fits.CompImageHDU) else hdu.size
        if on_disk["datLoc"] + length > len(raw):
            raise _UnusableFileError(Reason.DAMAGED_CUTOUT, "cut off: the file ends before its data does")
    if raw[last["datLoc"] + last["datSpan"] :].strip(b"\0 "):
        raise _UnusableFileError(Reason.DAMAGED_CUTOUT, f"unreadable after {len(hdus)} HDUs, cut off or damaged")


def _check_shapes(shapes: list[tuple[int, ...]]) -> None:
    """Raise if images of these shapes cannot be the channels of one stamp."""
    if not shapes:
        raise _UnusableFileError(Reason.NO_CUTOUT, "no image in the file")
    for shape in shapes:
        if len(shape) not in (2, 3) or 0 in shape:
            raise _UnusableFileError(
                Reason.NO_CUTOUT, f"an image of {_times(shape)} pixels instead of two or three axes"
            )
    if len({shape[-2:] for shape in shapes}) > 1:
        sizes = ", ".join(_times(shape) for shape in shapes[:6])
        raise _UnusableFileError(Reason.WRONG_SIZE, f"images of different sizes: {sizes}")
    count = sum(1 if len(shape) == 2 else shape[0] for shape in shapes)
    if count > MOST_CHANNELS:
        raise _UnusableFileError(Reason.WRONG_SIZE, f"{count} channels (the first axis of {_times(shapes[0])})")
    if count * math.prod(shapes[0][-2:]) * 4 > LARGEST_FILE:  # an unpacked image may be larger than its file
        raise _UnusableFileError(
            Reason.WRONG_SIZE, _too_large(f"{count} channels of {_times(shapes[0][-2:])} pixels are")
        )


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _channels(image: np.ndarray) -> np.ndarray:
    """(height, width) or (channels, height, width) -> float32 (channels, height, width)."""
    with np.errstate(over="ignore", invalid="ignore"):  # values beyond float32 become infinite: not good pixels
        return np.asarray(image).astype(np.float32).reshape(-1, *image.shape[-2:])


# --- header --------------------------------------------------------------------------------------------------------


def _world(header: fits.Header) -> WCS | None:
    """The header's celestial coordinates; None if they are missing or invalid."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            world = WCS(header).celestial
        return world if world.naxis == 2 else None
    except Exception:  # wcslib raises many kinds of errors; a cutout without coordinates is still a cutout
        return None


def _position(header: fits.Header, world: WCS | None, shape: tuple[int, int]) -> tuple[float | None, float | None]:
    """(ra, dec) in degrees: of the central pixel by the world coordinates, else by RA and DEC; None if unknown.

    World coordinates come first, because in many headers RA and DEC are where the telescope pointed.
    """
    for found in (_central_pixel(world, shape), _ra_dec(header)):
        if found is not None and 0 <= found[0] <= 360 and -90 <= found[1] <= 90:
            return found
    return None, None


def _central_pixel(world: WCS | None, shape: tuple[int, int]) -> tuple[float, float] | None:
    if world is None:
        return None
    height, width = shape
    try:
        sky = world.pixel_to_world((width - 1) / 2, (height - 1) / 2).icrs
        return float(sky.ra.deg), float(sky.dec.deg)
    except Exception:  # a projection that does not reach the centre, a frame that cannot be converted to ICRS
        return None


def _ra_dec(header: fits.Header) -> tuple[float, float] | None:
    """RA and DEC: numbers are in degrees, text with colons is in hours and degrees."""
    values = []
    for key, unit in (("RA", u.hourangle), ("DEC", u.deg)):
        value = _card(header, key)
        try:
            sexagesimal = isinstance(value, str) and ":" in value
            values.append(Angle(value, unit).deg if sexagesimal else float(cast(Any, value)))
        except (TypeError, ValueError, u.UnitsError):
            return None
    return values[0], values[1]


def _pixel_scale(header: fits.Header, world: WCS | None) -> float | None:
    """arcsec per pixel, None if unknown."""
    if world is not None:
        scale = float(np.mean(proj_plane_pixel_scales(world))) * 3600
        if math.isfinite(scale) and scale > 0:
            return scale
    told = _number(header, "PIXSCALE", "PIXELSCL")
    return told if told is not None and told > 0 else None


def _mjd(header: fits.Header) -> float | None:
    """Days, from MJD-OBS or similar cards, a Julian date, or DATE-OBS; None if unknown."""
    found, julian = _number(header, "MJD-OBS", "MJD", "OBSMJD"), _number(header, "JD", "OBSJD")
    if found is None and julian is not None:
        found = julian - MJD_EPOCH
    if found is None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = float(Time(str(_card(header, "DATE-OBS")), scale="utc").mjd)
        except ValueError:
            return None
    return found if 0 < found < LAST_MJD else None


def _band(header: fits.Header) -> str | None:
    value = _card(header, "FILTER")
    return value.strip()[:LONGEST_NAME] or None if isinstance(value, str) else None


def _number(header: fits.Header, *keys: str) -> float | None:
    """The first of these cards that is a finite number."""
    values = (_card(header, key) for key in keys)
    numbers = (float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool))
    return next(numbers, None)


def _cards(header: fits.Header) -> Mapping[str, Card]:
    """The header's cards as JSON values, without comments."""
    keys = [key for key in dict.fromkeys(header) if key not in ("", "COMMENT", "HISTORY")]
    return {_printed(key): _card(header, key) for key in keys[:MOST_CARDS]}


def _card(header: fits.Header, key: str) -> Card:
    """One value; None if it is missing, not readable, or not finite."""
    try:
        value = header.get(key)
    except Exception:  # astropy parses a card on access, and raises if it is not valid FITS
        return None
    if isinstance(value, str):
        return _printed(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int | bool) else None


def _printed(text: str) -> str:
    """Text in one line, with unprintable characters escaped."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in printable(text))


# --- the source ----------------------------------------------------------------------------------------------------


def _recognise(head: Head) -> Match:
    if is_fits(head.start):
        return Match.START
    return Match.NAME if is_named_fits(head.name) else Match.NO


SOURCES.register(
    Source("fits", "FITS cutouts, one object per file", "FITS", _recognise, read_file, read_bytes, named_by_file=True),
    order=30,
)
