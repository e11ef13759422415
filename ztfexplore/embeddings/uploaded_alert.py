"""An uploaded alert: read, embedded and placed among a catalogue's objects without being added to it."""

from __future__ import annotations

import io
import lzma
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.alerts.survey import SURVEYS, Survey
from ztfexplore.catalogue import uploads
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding
from ztfexplore.embeddings.neighbours import NeighbourIndex, Neighbours
from ztfexplore.encoders.embedder import Embedder
from ztfexplore.errors import EncoderError, ZtfexploreError
from ztfexplore.sources import avro_header, fink_parquet
from ztfexplore.sources.archive import decompressed

# A packet is some 40 to 100 kB, a cutout at most 16 MB; whole nights belong in a catalogue of their own.
LARGEST_UPLOAD = 64 * 1024 * 1024
# How many of a file's alerts are offered, and how many items are read to find them.
MOST_ALERTS = 100
MOST_READ = 1000
NEIGHBOURS = 12
WEISZFELD_STEPS = 30
TINY = 1e-9
PACKED = (avro_header.MAGIC, fink_parquet.MAGIC)


class UploadedAlertError(ZtfexploreError):
    """A file without an alert that can be shown; the message says why.

    Attributes:
        reasons: of everything in the file that a source rejected; empty if no source came to read it.
    """

    def __init__(self, message: str, reasons: Sequence[Reason] = ()) -> None:
        super().__init__(message)
        self.reasons = tuple(reasons)


@dataclass(frozen=True)
class Placement:
    """Where an uploaded alert lies in one encoder's embedding.

    Attributes:
        encoder: its name.
        neighbours: the nearest rows, nearest first; None if the alert could not be embedded.
        position: on the encoder's map, None if unknown; see `map_position`.
        problem: why there are no neighbours; empty if there are.
    """

    encoder: str
    neighbours: Neighbours | None = None
    position: tuple[float, float] | None = None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class UploadedAlert:
    """An alert, not necessarily in the catalogue, and where it lies among the catalogue's objects.

    Attributes:
        alert: as read.
        placements: one for each encoder that was asked for.
        notes: what to know before trusting the placements.
    """

    alert: Alert
    placements: tuple[Placement, ...]
    notes: tuple[str, ...] = ()

    @property
    def positions(self) -> list[tuple[float, float] | None]:
        """Its position on each encoder's map; None if unknown."""
        return [placement.position for placement in self.placements]


# --- reading -----------------------------------------------------------------------------------------------------


def read_uploaded_alerts(file: bytes | Path, name: str) -> list[Alert]:
    """The alerts in a file: at least one, and at most the first MOST_ALERTS.

    Args:
        file: content or path of an alert packet (Avro, gzip'd or not), a FITS cutout, Fink's Parquet, or a tar of them.
        name: the file's name; used in messages only.

    Raises:
        UploadedAlertError: if there is none, or the file is too large.
    """
    name = uploads.shown_name(name)
    data = file if isinstance(file, bytes) else _content(file, name)
    check_size(name, len(data))
    alerts: list[Alert] = []
    rejects: list[Reject] = []
    with tempfile.TemporaryDirectory(prefix="ztfexplore-") as folder:
        path = Path(folder, "file")
        path.write_bytes(_unpacked(data, name))
        for item in _some(uploads.read_uploads([uploads.Staged(path, name)])):
            if isinstance(item, Alert):
                alerts.append(item)
            else:
                rejects.append(item)
            if len(alerts) == MOST_ALERTS:
                break
    if not alerts:
        raise UploadedAlertError(_why(name, rejects), [reject.reason for reject in rejects])
    return alerts


def _content(path: Path, name: str) -> bytes:
    try:
        check_size(name, path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise UploadedAlertError(f"{name} cannot be read ({error.strerror or error})") from error


def _some(items: Iterator[Alert | Reject]) -> Iterator[Alert | Reject]:
    """At most MOST_READ of them: a file may contain a million damaged ones."""
    return islice(items, MOST_READ)


def check_size(name: str, size: int) -> None:
    """Raise UploadedAlertError if a file of `size` bytes is too large to read."""
    if size > LARGEST_UPLOAD:
        raise UploadedAlertError(
            f"{uploads.shown_name(name)} is {size / 1024**2:.0f} MB, too large for an alert or a cutout: "
            f"{LARGEST_UPLOAD // 1024**2} MB is the limit. The data page makes a catalogue of a night of alerts"
        )


def _unpacked(data: bytes, name: str) -> bytes:
    """A packet compressed by gzip, bzip2 or xz, decompressed up to a limit; anything else unchanged.

    FITS files and archives are decompressed by their readers, which have their own limits.
    """
    stream = decompressed(io.BufferedReader(io.BytesIO(data)))
    try:
        head = stream.read(len(PACKED[0]))
        if data.startswith(head) or head not in PACKED:
            return data
        rest = stream.read(LARGEST_UPLOAD + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise UploadedAlertError(f"{name}: damaged compression ({error})") from error
    if len(rest) > LARGEST_UPLOAD:
        raise UploadedAlertError(
            f"{name} unpacks to more than {LARGEST_UPLOAD // 1024**2} MB, too large for an alert packet"
        )
    return head + rest


def _why(name: str, rejects: Sequence[Reject]) -> str:
    """Why a file gave no alert, in one line."""
    if not rejects:
        return f"{name} contains no alert"
    more = f" (and {len(rejects) - 1} more like it)" if len(rejects) > 1 else ""
    return f"{name} is not an alert that can be shown here: {rejects[0].message}{more}"


# --- embedding ---------------------------------------------------------------------------------------------------


def load_matching_encoder(catalogue: Catalogue, name: str) -> Embedder:
    """The encoder that made a catalogue's column, for stamps that are not in it.

    Raises:
        EncoderError: if there is no such encoder here, or another one made the column.
    """
    try:
        found = embedding.load_encoder(catalogue, name)
    except EncoderError:
        raise EncoderError(
            f"the weights of {name} are not among the shipped ones, so new stamps cannot be embedded with them"
        ) from None
    made_by = catalogue.vector_metadata(embedding.column(name)).get("weights_sha256")
    if made_by != found.weights_sha256:
        why = "from stamps other than those now in the catalogue" if name == embedding.PCA else "with other weights"
        raise EncoderError(
            f"the embedding {name} of this catalogue was made {why}; "
            f"'ztfexplore embed --catalogue {catalogue.path} --encoder {name}' computes it again"
        )
    return found


def place_alert(
    alert: Alert, encoder: Embedder, index: NeighbourIndex, points: np.ndarray, k: int = NEIGHBOURS
) -> Placement:
    """Where an alert lies in an embedding, or the reason why it does not fit the encoder.

    Args:
        alert: as read.
        encoder: the one that made the embedding; see `load_matching_encoder`.
        index: of the embedding.
        points: the encoder's map, float32 (n, 2), NaN where there is none.
        k: how many neighbours.
    """
    try:
        vector = encoder.embed([alert.stamp])[0]
    except EncoderError as error:
        return Placement(encoder.name, problem=str(error))
    found = index.query_vector(vector, k)
    return Placement(encoder.name, found, map_position(points, found))


def map_position(points: np.ndarray, near: Neighbours) -> tuple[float, float] | None:
    """The approximate map position of an alert with these neighbours; the map is not computed again.

    The geometric median of the neighbours' positions (Weiszfeld 1937), which does not fall between two groups as a
    mean would. Each is weighted by its similarity as in UMAP's fuzzy graph (McInnes et al. 2018): exp(-(distance - the
    smallest) / scale), where the scale is the mean excess.

    Args:
        points: float32 (n, 2), NaN where there is none.
        near: the neighbours, nearest first.

    Returns:
        (x, y), None if no neighbour is on the map.
    """
    there = points[near.rows].astype(np.float64)
    known = np.isfinite(there).all(axis=1)
    if not known.any():
        return None
    there, distances = there[known], near.distances[known].astype(np.float64)
    excess = distances - distances.min()
    weights = np.exp(-excess / max(excess.mean(), TINY))
    middle = weights @ there / weights.sum()
    for _ in range(WEISZFELD_STEPS):
        pull = weights / np.maximum(np.linalg.norm(there - middle, axis=1), TINY)
        middle = pull @ there / pull.sum()
    return float(middle[0]), float(middle[1])


# --- what to know before trusting it -------------------------------------------------------------------------------


def notes(alert: Alert, surveys: Sequence[Survey], known: bool) -> tuple[str, ...]:
    """What to know about an uploaded alert beside this catalogue.

    Args:
        alert: as read.
        surveys: those in the catalogue.
        known: whether the same alert is in the catalogue.
    """
    said = []
    if known:
        said.append("This alert is already in the catalogue, so it is among its own neighbours.")
    names = {survey.name: survey for survey in surveys}
    if alert.survey not in names and names:
        others = " and ".join(survey.title for survey in surveys)
        channels = " or ".join(dict.fromkeys(", ".join(survey.channels) or "any" for survey in surveys))
        same = any(survey.channels and survey.channels == _channels(alert) for survey in surveys)
        meaning = "" if same else f" Its {len(alert.stamp)} channel(s) are treated as {channels}."
        said.append(f"The objects of this catalogue are of another kind: {others}.{meaning}")
    return tuple(said)


def _channels(alert: Alert) -> tuple[str, ...]:
    return SURVEYS[alert.survey].channels
