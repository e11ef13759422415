"""A decoded Rubin alert packet -> Alert. Shared by every framing; fields by their names, so that versions 3 to 12 fit.

Field names and meanings: lsst/alert_packet and the Data Products Definition Document (LSE-163).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ztfexplore.alerts import stamps
from ztfexplore.alerts.alert import Alert, Reason, Reject, printable
from ztfexplore.alerts.surveys.lsst import LSST
from ztfexplore.sources.cutout import CutoutError
from ztfexplore.sources.fields import Scalar, UnusablePacketError, finite, integer, scalar
from ztfexplore.sources.lsst import cutout as cutouts
from ztfexplore.sources.lsst import photometry
from ztfexplore.sources.lsst.cutout import Cutout

CUTOUTS = {"science": "cutoutScience", "template": "cutoutTemplate", "difference": "cutoutDifference"}
# Beyond this a float does not hold every whole number.
EXACT = 2**53
# Of the packet and its other records, what stands beside the detection's own fields: (record, field).
BESIDE = (
    ("", "observation_reason"),
    ("", "target_name"),
    ("diaObject", "nDiaSources"),
    ("ssSource", "designation"),
    ("mpc_orbits", "designation"),
    ("MPCORB", "mpcDesignation"),
)

Packet = Mapping[str, Any]


def is_rubin(names: object) -> bool:
    """Whether names of a packet's fields are those of a Rubin alert."""
    return isinstance(names, Mapping | list | tuple | set) and "diaSource" in names


def alert_from_packet(packet: Packet, source: str) -> Alert | Reject:
    """The Alert in a decoded packet, or a Reject that names the object and the reason."""
    if not isinstance(packet, Mapping):
        return Reject(source, Reason.UNKNOWN_FORMAT, f"{type(packet).__name__} instead of an alert packet")
    candid = None
    try:
        detection = _record(packet, "diaSource")
        candid = _candid(packet, detection)
        return _alert(packet, detection, candid, source)
    except UnusablePacketError as error:
        name = None if candid is None else object_id(packet, candid)
        return Reject(source, error.reason, str(error), candid, name)


def _alert(packet: Packet, detection: Packet, candid: int | None, source: str) -> Alert:
    if candid is None:
        raise UnusablePacketError(Reason.MISSING_FIELD, "diaSourceId")
    pictures = _pictures(packet, detection)
    flux = finite(detection.get("psfFlux"))
    return Alert(
        survey=LSST.name,
        candid=candid,
        object_id=object_id(packet, candid),
        ra=_required(detection, "ra"),
        dec=_required(detection, "dec"),
        mjd=float(photometry.utc([_required(detection, "midpointMjdTai")])[0]),
        band=photometry.band(detection),
        magnitude=None if flux is None else photometry.magnitude(flux),
        magnitude_error=None if flux is None else photometry.magnitude_error(flux, finite(detection.get("psfFluxErr"))),
        positive=photometry.is_positive(detection),
        stamp=_stamp(pictures),
        source=printable(source),
        candidate=_candidate(packet, detection) | _summary(pictures),
        history=photometry.history(packet, detection),
    )


# --- ids ----------------------------------------------------------------------------------------------------------


def object_id(packet: Packet, candid: int) -> str:
    """The object's id: of the static object, else of the Solar System object.

    0 and null mean that there is none. Where both are missing, the detection stands for itself ('diaSource-' and its
    id): otherwise all such alerts would be one object.
    """
    detection = _record(packet, "diaSource")
    places = (
        (detection, "diaObjectId"),
        (_record(packet, "diaObject"), "diaObjectId"),
        (detection, "ssObjectId"),
        (_record(packet, "ssSource"), "ssObjectId"),
        (_record(packet, "ssObject"), "ssObjectId"),
    )
    return next((str(found) for record, name in places if (found := _id(record.get(name)))), f"diaSource-{candid}")


def _candid(packet: Packet, detection: Packet) -> int | None:
    found = (_id(record.get(name)) for record, name in ((detection, "diaSourceId"), (packet, "diaSourceId")))
    return next((one for one in found if one is not None), _id(packet.get("alertId")))


def _id(value: object) -> int | None:
    """A whole number; one that went through a float only if it cannot have been rounded."""
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return int(value)
    return integer(value)


# --- pictures -----------------------------------------------------------------------------------------------------


def _pictures(packet: Packet, detection: Packet) -> dict[str, Cutout]:
    """The three cutouts by channel."""
    missing = [name for name, field in CUTOUTS.items() if not packet.get(field)]
    if missing:
        off = " (the source is off the image)" if detection.get("pixelFlags_offimage") is True else ""
        raise UnusablePacketError(Reason.NO_CUTOUT, ", ".join(missing) + off)
    pictures = {name: _picture(packet[field], name) for name, field in CUTOUTS.items()}
    shapes = {name: "x".join(map(str, picture.image.shape)) for name, picture in pictures.items()}
    if len(set(shapes.values())) > 1:
        sizes = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise UnusablePacketError(Reason.WRONG_SIZE, f"cutouts of different sizes: {sizes} pixels")
    return pictures


def _picture(data: object, name: str) -> Cutout:
    try:
        found = cutouts.read_cutout(data)
    except CutoutError as error:
        raise UnusablePacketError(Reason.DAMAGED_CUTOUT, f"{name}: {error}") from error
    if not cutouts.source_is_inside(found):
        where = ", ".join(found.cards.get(key, "?") for key in ("CRPIX1", "CRPIX2"))
        raise UnusablePacketError(Reason.DAMAGED_CUTOUT, f"{name}: the source is outside of it (at pixel {where})")
    return found


def _stamp(pictures: Mapping[str, Cutout]) -> np.ndarray:
    """(3, height, width) float32, as read."""
    stamp = np.stack([pictures[name].image for name in LSST.channels])
    blank = [name for name, image in zip(LSST.channels, stamps.good_pixels(stamp), strict=True) if not image.any()]
    if blank:
        raise UnusablePacketError(Reason.BLANK_CUTOUT, f"no good pixel in {', '.join(blank)}")
    return stamp


def _summary(pictures: Mapping[str, Cutout]) -> dict[str, Scalar]:
    """What the cutouts' headers, variances and PSFs say; see the survey's metadata."""
    linear = cutouts.world(pictures["science"].cards)
    scale = None if linear is None else cutouts.pixel_scale(linear)
    return {
        "pixel_scale": scale,
        "north_angle": None if linear is None else cutouts.north_angle(linear),
        "psf_fwhm": cutouts.psf_fwhm(pictures["science"], scale),
        "diffmaglim": cutouts.depth(pictures["difference"]),
    }


# --- fields -------------------------------------------------------------------------------------------------------


def _candidate(packet: Packet, detection: Packet) -> dict[str, Scalar]:
    """Every scalar field of the detection, under its newest name, and a few of the records beside it."""
    fields = {name: scalar(value) for name, value in detection.items()}
    if "is_negative" in fields:
        fields["isNegative"] = fields.pop("is_negative")
    for record, name in BESIDE:
        value = scalar((_record(packet, record) if record else packet).get(name))
        if value is not None:
            fields.setdefault(name, value)
    return fields


def _record(packet: Packet, name: str) -> Packet:
    """A nested record; an empty one if it is null."""
    found = packet.get(name)
    return found if isinstance(found, Mapping) else {}


def _required(record: Packet, name: str) -> float:
    value = finite(record.get(name))
    if value is None:
        raise UnusablePacketError(Reason.MISSING_FIELD, name)
    return value
