"""Synthetic ZTF packets, made in memory: good ones, and every way to spoil them.

The schema follows ZTF's, version 4.02 as a broker rewrites it: every field may be null.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ztfexplore.alerts.alert import Alert, Reject
from ztfexplore.sources import ztf_avro
from ztfexplore.sources.ztf_packet import alert_from_packet

SIZE = 63
CENTRE = SIZE // 2
CANDID = 2481523242515015006  # beyond 2^53: as a float it is the same number as CANDID + 1
CUTOUTS = ("cutoutScience", "cutoutTemplate", "cutoutDifference")

CANDIDATE = {
    "jd": "double", "fid": "int", "pid": "long", "diffmaglim": "float", "programid": "int", "candid": "long",
    "isdiffpos": "string", "field": "int", "xpos": "float", "ypos": "float", "ra": "double", "dec": "double",
    "magpsf": "float", "sigmapsf": "float", "fwhm": "float", "elong": "float", "nneg": "int", "nbad": "int",
    "rb": "float", "drb": "float", "ssdistnr": "float", "ssnamenr": "string", "sgscore1": "float",
    "distpsnr1": "float", "ndethist": "int", "jdstarthist": "double", "scorr": "double", "rbversion": "string",
}  # fmt: skip
PREVIOUS = {
    name: CANDIDATE[name] for name in ("jd", "fid", "candid", "isdiffpos", "magpsf", "sigmapsf", "diffmaglim", "rb")
}
GOOD = {
    "jd": 2459000.75, "fid": 2, "pid": 1, "diffmaglim": 20.5, "programid": 1, "isdiffpos": "t", "field": 600,
    "xpos": 1500.0, "ypos": 1200.0, "ra": 210.5, "dec": -12.25, "magpsf": 18.5, "sigmapsf": 0.125, "fwhm": 2.5,
    "elong": 1.125, "nneg": 3, "nbad": 0, "rb": 0.75, "drb": 0.5, "ssdistnr": -999.0, "ssnamenr": "null",
    "sgscore1": 0.25, "distpsnr1": 1.5, "ndethist": 12, "jdstarthist": 2458300.5, "scorr": 14.5,
    "rbversion": "t17_f5_c3",
}  # fmt: skip


# --- one packet ---------------------------------------------------------------------------------------------------


def images(seed: int = 0) -> np.ndarray:
    """(3, 63, 63) float32: noise about a sky level, a star at the centre of science and difference."""
    y, x = np.mgrid[:SIZE, :SIZE] - CENTRE
    star = 500 * np.exp(-(x**2 + y**2) / 4)
    noise = np.random.default_rng(seed).normal(0, 5, (3, SIZE, SIZE))
    return (noise + np.array([200, 180, 0])[:, None, None] + star * np.array([1, 0, 1])[:, None, None]).astype("f4")


def fits(image: np.ndarray, **cards: object) -> bytes:
    """A FITS file as ZTF's cutouts are. `cards` replace those of the header, None leaves one out."""
    height, width = image.shape
    header = {"SIMPLE": "T", "BITPIX": -32, "NAXIS": 2, "NAXIS1": width, "NAXIS2": height, "BUNIT": "'DN      '"}
    lines = [f"{key:8}= {value!s:>20}" for key, value in {**header, **cards}.items() if value is not None]
    text = "".join(line.ljust(80) for line in [*lines, "END"]).encode()
    data = image.astype(">f4").tobytes()
    return text + b" " * (-len(text) % 2880) + data + bytes(-len(data) % 2880)


def cutout(image: np.ndarray) -> bytes:
    """A gzip'd FITS file."""
    return gzip.compress(fits(image), compresslevel=1, mtime=0)


def packet(
    candid: int | None = CANDID,
    object_id: str | None = "ZTF18abcdefg",
    *,
    pixels: Iterable[np.ndarray] | None = None,
    cutouts: Mapping[str, Any] | None = None,
    previous: Any = None,
    **candidate: Any,
) -> dict[str, Any]:
    """A good packet.

    Args:
        pixels: the three images; noise that depends on candid and a star if None.
        cutouts: stampData in place of what `pixels` gives, by the name of the field.
        previous: prv_candidates.
        candidate: fields of the candidate record in place of good values.
    """
    stamps = images((candid or 0) % 2**32) if pixels is None else pixels
    data = {name: cutout(image) for name, image in zip(CUTOUTS, stamps, strict=True)} | dict(cutouts or {})
    return {
        "schemavsn": "4.02",
        "publisher": "synthetic",
        "objectId": object_id,
        "candid": candid,
        "candidate": {**GOOD, "candid": candid, **candidate},
        "prv_candidates": previous,
        **{name: {"fileName": f"{name}.fits.gz", "stampData": data[name]} for name in CUTOUTS},
    }


def previous(jd: float | None, **fields: Any) -> dict[str, Any]:
    """An entry of prv_candidates."""
    return dict.fromkeys(PREVIOUS) | {"jd": jd, "fid": 1, "diffmaglim": 20.0} | fields


# --- many packets, as files ---------------------------------------------------------------------------------------


def schema(without: Iterable[str] = ()) -> dict[str, Any]:
    """The Avro schema, less some fields of the packet or its candidate record."""
    top = {
        "schemavsn": "string",
        "publisher": "string",
        "objectId": "string",
        "candid": "long",
        "candidate": _record("candidate", {k: v for k, v in CANDIDATE.items() if k not in without}),
        "prv_candidates": {"type": "array", "items": _record("prv_candidate", PREVIOUS)},
        **{name: _record(name, {"fileName": "string", "stampData": "bytes"}) for name in CUTOUTS},
    }
    return fastavro.parse_schema(_record("alert", {k: v for k, v in top.items() if k not in without}))


def _record(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    nullable = [{"name": key, "type": ["null", kind], "default": None} for key, kind in fields.items()]
    return {"type": "record", "name": name, "fields": nullable}


def avro(*packets: Mapping[str, Any], without: Iterable[str] = (), codec: str = "null") -> bytes:
    """An Avro file."""
    file = io.BytesIO()
    # A fixed mark between blocks: the same packets are the same bytes, so what a test cuts off is always the same.
    fastavro.writer(file, schema(tuple(without)), packets, codec=codec, sync_marker=b"sixteen bytes :)")
    return file.getvalue()


def archive(path: Path, members: Mapping[str, bytes], mode: str = "w:gz") -> Path:
    """A tar archive of files."""
    with tarfile.open(path, mode) as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def night(path: Path, candids: Iterable[int], mode: str = "w:gz") -> Path:
    """A tar archive as the ZTF archive ships a night: one good packet a member."""
    return archive(path, {f"{candid}.avro": avro(packet(candid, f"ZTF18{candid}")) for candid in candids}, mode)


def fink(path: Path, packets: Iterable[Mapping[str, Any]]) -> Path:
    """The packets in Fink's nested Parquet form."""
    pq.write_table(pa.Table.from_pylist([dict(packet) for packet in packets]), path)
    return path


# --- what they become ---------------------------------------------------------------------------------------------


def read_bytes(data: bytes) -> tuple[list[Alert], list[Reject]]:
    """The alerts and the rejects of an Avro file in memory."""
    items = list(ztf_avro.read_packets(data, "memory"))
    return [item for item in items if isinstance(item, Alert)], [item for item in items if isinstance(item, Reject)]


def from_avro(given: Mapping[str, Any], **options: Any) -> Alert:
    """The Alert of one good packet that has been through Avro."""
    (made,), rejects = read_bytes(avro(given, **options))
    assert rejects == []
    return made


def alert(candid: int, **changes: Any) -> Alert:
    """A good alert with one earlier detection, `changes` in place of what its packet says."""
    history = [previous(2458990.5, magpsf=19.5)]
    made = alert_from_packet(packet(candid, f"ZTF18{candid}", previous=history), "memory")
    return replace(made, **changes)


def alerts(*candids: int) -> list[Alert]:
    """Good alerts."""
    return [alert(candid) for candid in candids]
