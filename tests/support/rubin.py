"""Synthetic Rubin packets, made in memory with the public schemas: good ones of every version, in every framing."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits

from ztfexplore.sources.lsst import schemas

SOURCE_ID = 170094456248729605  # beyond 2^53: as a float it is the same number as SOURCE_ID + 1
OBJECT_ID = 313893023095193658
SOLAR_ID = 21163624394469969
SIZE = 30
FIELDS = ("cutoutScience", "cutoutTemplate", "cutoutDifference")
GOOD = {
    "diaSourceId": SOURCE_ID, "visit": 2026030500055, "detector": 95, "diaObjectId": OBJECT_ID, "ssObjectId": 0,
    "midpointMjdTai": 61105.25, "ra": 62.517661992531, "dec": -47.78624726515, "psfFlux": 8130.5, "psfFluxErr": 513.75,
    "snr": 15.5, "reliability": 0.75, "extendedness": 0.125, "band": "i", "isNegative": False, "trailLength": 1.5,
}  # fmt: skip
EMPTY = {"null": None, "boolean": False, "string": "", "bytes": b"", "array": [], "float": 0.0, "double": 0.0}


# --- cutouts ------------------------------------------------------------------------------------------------------


def cutout(image: np.ndarray | None = None, variance: float = 4.0, angle: float = 0.0, **cards: object) -> bytes:
    """A FITS file as Rubin's cutouts are.

    Args:
        image: noise and a star if None.
        variance: of every pixel (nJy^2).
        angle: north lies so far from the y axis, anticlockwise (deg).
        cards: replace those of the picture's header, None leaves one out.
    """
    image = picture() if image is None else image
    height, width = image.shape
    sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    scale = 0.2 / 3600
    world = {
        "ROTPA": -angle, "BUNIT": "nJy", "WCSAXES": 2, "CRPIX1": width / 2 + 0.4, "CRPIX2": height / 2 + 0.8,
        "PC1_1": -scale * cosine, "PC1_2": -scale * sine, "PC2_1": -scale * sine, "PC2_2": scale * cosine,
        "CDELT1": 1.0, "CDELT2": 1.0, "CRVAL1": GOOD["ra"], "CRVAL2": GOOD["dec"],
    }  # fmt: skip
    hdus = [
        fits.PrimaryHDU(image.astype(">f4")),
        fits.ImageHDU(np.full(image.shape, variance, ">f4"), name="UNCERT"),
        fits.ImageHDU(psf().astype(">f8"), name="PSFIMAGE"),
    ]
    hdus[0].header.update({key: value for key, value in {**world, **cards}.items() if value is not None})
    file = io.BytesIO()
    fits.HDUList(hdus).writeto(file)
    return file.getvalue()


def picture(seed: int = 0, size: int = SIZE) -> np.ndarray:
    """(size, size) float32: noise, and a star at the centre."""
    return (np.random.default_rng(seed).normal(0, 2, (size, size)) + 500 * psf(size)).astype("f4")


def psf(size: int = 41, fwhm_pixels: float = 5.0) -> np.ndarray:
    """(size, size): a Gaussian whose sum is 1."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    shape = np.exp(-4 * np.log(2) * (x**2 + y**2) / fwhm_pixels**2)
    return shape / shape.sum()


# --- one packet ---------------------------------------------------------------------------------------------------


def packet(number: int = 1100, *, cutouts: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A good packet of a schema.

    Args:
        number: of the schema: 704 is 7.4.
        cutouts: in place of good ones, by the name of the field.
        fields: of the detection in place of good values, or of the packet if it has them.
    """
    schema = json.loads((schemas.FOLDER / f"v{number // 100}_{number % 100}.json").read_text(encoding="utf-8"))
    record: dict[str, Any] = empty(schema, {})
    values = GOOD | {name: value for name, value in fields.items() if name not in record or name == "diaSourceId"}
    if "is_negative" in record["diaSource"]:
        values["is_negative"] = values.pop("isNegative")
    elif "isNegative" not in record["diaSource"]:  # 7.0 to 7.2: the flux's sign tells
        values.pop("isNegative")
    unknown = set(values) - set(record["diaSource"])
    assert not unknown, f"schema {number} has no {unknown}"
    record["diaSource"] |= values
    record |= {"alertId" if "alertId" in record else "diaSourceId": values["diaSourceId"]}
    record |= {name: value for name, value in fields.items() if name in record}
    return record | {name: cutout() for name in FIELDS} | dict(cutouts or {})


def empty(kind: Any, named: dict[str, Any]) -> Any:
    """The emptiest value of an Avro type: null where it may be."""
    if isinstance(kind, list):
        return None if "null" in kind else empty(kind[0], named)
    if isinstance(kind, dict):
        if kind["type"] != "record":
            return empty(kind["type"], named)
        named[kind["name"]] = kind
        return {field["name"]: empty(field["type"], named) for field in kind["fields"]}
    return empty(named[kind], named) if kind in named else EMPTY.get(kind, 0)


def earlier(number: int, name: str, count: int, **fields: Any) -> list[dict[str, Any]]:
    """Records of prvDiaSources or prvDiaForcedSources, a visit and a day apart."""
    schema = json.loads((schemas.FOLDER / f"v{number // 100}_{number % 100}.json").read_text(encoding="utf-8"))
    named: dict[str, Any] = {}
    empty(schema["fields"], named)
    wanted = {"prvDiaSources": "diaSource", "prvDiaForcedSources": "diaForcedSource"}[name]
    kinds = _records(schema)
    kind = next(one for one in kinds if one["name"].endswith(f".{wanted}"))
    flux = {"psfFlux": 5000.0, "psfFluxErr": 250.0, "band": "r"}
    return [
        empty(kind, named) | flux | {"midpointMjdTai": 61000.0 + day, "visit": 1 + day} | fields for day in range(count)
    ]


def _records(kind: Any) -> list[dict[str, Any]]:
    """All records in a schema."""
    if isinstance(kind, list):
        return [record for one in kind for record in _records(one)]
    if not isinstance(kind, dict):
        return []
    inner = [record for name in ("fields", "items", "type") for record in _records(kind.get(name))]
    return [kind, *inner] if kind.get("type") == "record" else inner


# --- framings -----------------------------------------------------------------------------------------------------


def body(record: Mapping[str, Any], number: int = 1100) -> bytes:
    """The packet without its schema."""
    file = io.BytesIO()
    fastavro.schemaless_writer(file, schemas.schema(number), record)
    return file.getvalue()


def framed(record: Mapping[str, Any], number: int = 1100, said: int | None = None) -> bytes:
    """As Rubin's stream sends it; `said` is the schema's number in the frame, if it is another."""
    return b"\0" + (number if said is None else said).to_bytes(4, "big") + body(record, number)


def container(*records: Mapping[str, Any], number: int = 1100, codec: str = "null") -> bytes:
    """An Avro file."""
    file = io.BytesIO()
    fastavro.writer(file, schemas.schema(number), records, codec=codec, sync_marker=b"sixteen bytes :)")
    return file.getvalue()


def parquet(path: Path, *records: Mapping[str, Any]) -> Path:
    """The packets in Fink's nested Parquet form."""
    pq.write_table(pa.Table.from_pylist([dict(record) for record in records]), path)
    return path
