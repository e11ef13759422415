"""A decoded ZTF alert packet -> Alert. Shared by every source that carries ZTF packets (Avro, Fink's Parquet).

Field names and meanings: the ZTF avro alert schema, versions 1.7 to 4.02
(github.com/ZwickyTransientFacility/ztf-avro-alert).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ztfexplore.alerts import stamps
from ztfexplore.alerts.alert import Alert, Detection, Reason, Reject, printable
from ztfexplore.alerts.surveys.ztf import ZTF
from ztfexplore.sources.cutout import CutoutError, read_cutout
from ztfexplore.sources.fields import UnusablePacketError, finite, integer, scalar

CUTOUTS = {"science": "cutoutScience", "template": "cutoutTemplate", "difference": "cutoutDifference"}
BANDS: Mapping[float, str] = {1: "g", 2: "r", 3: "i"}
MJD_EPOCH = 2400000.5  # JD - MJD (days)
NOTHING = -999  # the packets' missing value

Packet = Mapping[str, Any]


def alert_from_packet(packet: Packet, source: str) -> Alert | Reject:
    """The Alert in a decoded packet, or a Reject that names the object and the reason."""
    if not isinstance(packet, Mapping):
        return Reject(source, Reason.UNKNOWN_FORMAT, f"{type(packet).__name__} instead of an alert packet")
    try:
        return _alert(packet, source)
    except UnusablePacketError as error:
        return Reject(source, error.reason, str(error), integer(packet.get("candid")), _text(packet.get("objectId")))


def _alert(packet: Packet, source: str) -> Alert:
    candid, object_id = integer(packet.get("candid")), _text(packet.get("objectId"))
    if candid is None:
        raise _missing(packet, "candid")
    if not object_id:
        raise _missing(packet, "objectId")
    candidate = packet.get("candidate")
    if not isinstance(candidate, Mapping):
        raise _missing(packet, "candidate")
    return Alert(
        survey=ZTF.name,
        candid=candid,
        object_id=object_id,
        ra=_required(candidate, "ra"),
        dec=_required(candidate, "dec"),
        mjd=_required(candidate, "jd") - MJD_EPOCH,
        band=_band(candidate.get("fid")),
        magnitude=number(candidate.get("magpsf")),
        magnitude_error=number(candidate.get("sigmapsf")),
        positive=_positive(candidate.get("isdiffpos")),
        stamp=_stamp(packet, candidate),
        source=printable(source),
        candidate={name: scalar(value) for name, value in candidate.items()},
        history=_history(packet.get("prv_candidates")),
    )


def _stamp(packet: Packet, candidate: Packet) -> np.ndarray:
    """(3, 63, 63) float32, the object at the centre."""
    stamp = np.stack([_channel(packet, name, candidate) for name in ZTF.channels])
    blank = [name for name, image in zip(ZTF.channels, stamps.good_pixels(stamp), strict=True) if not image.any()]
    if blank:
        raise UnusablePacketError(Reason.BLANK_CUTOUT, f"no good pixel in {', '.join(blank)}")
    return stamp


def _channel(packet: Packet, name: str, candidate: Packet) -> np.ndarray:
    cutout = packet.get(CUTOUTS[name])
    data = cutout.get("stampData") if isinstance(cutout, Mapping) else None
    if not data:
        raise UnusablePacketError(Reason.NO_CUTOUT, name)
    try:
        return _centred(read_cutout(data), candidate)
    except CutoutError as error:
        raise UnusablePacketError(Reason.DAMAGED_CUTOUT, f"{name}: {error}") from error


def _centred(image: np.ndarray, candidate: Packet) -> np.ndarray:
    """The image as a whole stamp; one cut by the detector's edge is placed where it belongs."""
    size = ZTF.size
    height, width = image.shape
    if (height, width) == (size, size):
        return image
    x, y = number(candidate.get("xpos")), number(candidate.get("ypos"))
    # An object on the detector has half a stamp on at least one side.
    cut = all(size // 2 < length <= size for length in (height, width))
    if not cut or x is None or y is None or ZTF.detector is None:
        raise UnusablePacketError(Reason.WRONG_SIZE, f"{height}x{width} instead of {size}x{size} pixels")
    return stamps.place(image, size, stamps.edge_offset((height, width), size, (x, y), ZTF.detector))


def _history(detections: object) -> tuple[Detection, ...]:
    """Earlier detections and limits, oldest first; entries without a date are skipped."""
    entries = [entry for entry in detections if isinstance(entry, Mapping)] if isinstance(detections, Sequence) else []
    dated = [entry for entry in entries if number(entry.get("jd")) is not None]
    return tuple(
        Detection(
            mjd=float(entry["jd"]) - MJD_EPOCH,
            band=_band(entry.get("fid")),
            magnitude=number(entry.get("magpsf")),
            magnitude_error=number(entry.get("sigmapsf")),
            limit=number(entry.get("diffmaglim")),
            positive=_positive(entry.get("isdiffpos")),
        )
        for entry in sorted(dated, key=lambda entry: entry["jd"])
    )


def number(value: object) -> float | None:
    """A finite float, or None for the packets' missing values (-999, NaN, null)."""
    found = finite(value)
    return None if found == NOTHING else found


def _required(candidate: Packet, name: str) -> float:
    value = number(candidate.get(name))
    if value is None:
        raise _missing(candidate, name)
    return value


def _missing(record: Packet, name: str) -> UnusablePacketError:
    """The error for a field that is missing or has an invalid value."""
    value = record.get(name)
    return UnusablePacketError(Reason.MISSING_FIELD, name if value is None else f"{name} is {repr(value)[:40]}")


def _band(fid: object) -> str:
    known = number(fid)
    return "unknown" if known is None else BANDS.get(known, "unknown")


def _positive(value: object) -> bool | None:
    """isdiffpos is 't'/'f' in older packets and '1'/'0' in others."""
    return {"t": True, "1": True, "true": True, "f": False, "0": False, "false": False}.get(str(value).lower())


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
