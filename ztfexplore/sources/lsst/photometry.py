"""Rubin's fluxes as magnitudes, its dates as UTC, and its earlier measurements as a light curve."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from astropy.time import Time

from ztfexplore.alerts.alert import Detection
from ztfexplore.sources.fields import finite

# AB magnitude of 1 nJy: 8.90 for 1 Jy (Oke & Gunn 1983), and 22.5 for nine powers of ten.
ZERO_POINT = 31.4
POGSON = 2.5 / math.log(10)
# Forced photometry below this signal-to-noise is a limit, not a detection; the limit is one of 5 sigma.
LEAST_SNR, LIMIT_SNR = 3, 5
# Dates that astropy's leap seconds make sense for: MJD of 1960 and 2200 (days).
FIRST, LAST = 36934.0, 124594.0

Record = Mapping[str, Any]


def magnitude(flux: float) -> float | None:
    """AB magnitude of a flux's size (nJy); None if it is 0 or not finite."""
    size = abs(flux)
    return ZERO_POINT - 2.5 * math.log10(size) if 0 < size < math.inf else None


def magnitude_error(flux: float, error: float | None) -> float | None:
    """The error of a magnitude (mag) from that of the flux (both nJy), to first order; None if unknown."""
    if error is None or not 0 < error < math.inf or not 0 < abs(flux) < math.inf:
        return None
    found = POGSON * error / abs(flux)
    return found if math.isfinite(found) else None


def utc(tai: Sequence[float]) -> np.ndarray:
    """MJD (days, UTC) of MJD (days, TAI): 37 s earlier since 2017. Float64 (n,); impossible dates stay as they are."""
    dates = np.asarray(tai, dtype=np.float64)
    known = (dates > FIRST) & (dates < LAST)
    if known.any():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # leap seconds of the far future are unknown
            dates = dates.copy()
            dates[known] = Time(dates[known], format="mjd", scale="tai").utc.mjd
    return dates


def is_positive(record: Record) -> bool | None:
    """Whether a source is brighter than in the template: by `isNegative`, by the flux's sign where that is missing."""
    negative = record.get("isNegative", record.get("is_negative"))
    if isinstance(negative, bool):
        return not negative
    flux = finite(record.get("psfFlux"))
    return None if flux is None else flux > 0


def history(packet: Record, own: Record) -> tuple[Detection, ...]:
    """Earlier detections and forced photometry, oldest first.

    Forced photometry of a visit that has a detection is left out: it measures the same light once more. What has no
    date or no flux is left out too.

    Args:
        packet: the whole packet.
        own: the alert's own detection.
    """
    detected = _dated(packet.get("prvDiaSources"))
    visits = {record.get("visit") for record in [own, *detected]} - {None, 0}
    forced = [record for record in _dated(packet.get("prvDiaForcedSources")) if record.get("visit") not in visits]
    dates = utc([record["midpointMjdTai"] for record in [*detected, *forced]])
    points = [
        *(_detection(record, date) for record, date in zip(detected, dates, strict=False)),
        *(_forced(record, date) for record, date in zip(forced, dates[len(detected) :], strict=True)),
    ]
    return tuple(sorted((point for point in points if point is not None), key=lambda point: point.mjd))


def _dated(records: object) -> list[Record]:
    """The records of a list that have a date."""
    if not isinstance(records, Sequence):
        return []
    return [one for one in records if isinstance(one, Mapping) and finite(one.get("midpointMjdTai")) is not None]


def _detection(record: Record, mjd: float) -> Detection | None:
    flux = finite(record.get("psfFlux"))
    size = None if flux is None else magnitude(flux)
    if flux is None or size is None:
        return None
    error = magnitude_error(flux, finite(record.get("psfFluxErr")))
    return Detection(float(mjd), band(record), size, error, positive=is_positive(record))


def _forced(record: Record, mjd: float) -> Detection | None:
    """A detection, or a limit if the flux is not significant."""
    flux, error = finite(record.get("psfFlux")), finite(record.get("psfFluxErr"))
    if flux is None or error is None or error <= 0:
        return None
    if abs(flux) >= LEAST_SNR * error:
        return _detection(record, mjd)
    return Detection(float(mjd), band(record), limit=magnitude(LIMIT_SNR * error))


def band(record: Record) -> str:
    """The filter's name."""
    name = record.get("band")
    return name if isinstance(name, str) and name else "unknown"
