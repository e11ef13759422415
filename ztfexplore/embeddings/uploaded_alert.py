"""An alert from outside: read, embedded and laid among a catalogue's objects, without becoming one of them."""

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

from ztfexplore.alerts.alert import Alert, Reject
from ztfexplore.alerts.survey import SURVEYS, Survey
from ztfexplore.catalogue import uploads
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding
from ztfexplore.embeddings.embedding import Encoder
from ztfexplore.embeddings.neighbours import NeighbourIndex, Neighbours
from ztfexplore.errors import EncoderError, ZtfexploreError
from ztfexplore.sources import fink_parquet, ztf_avro
from ztfexplore.sources.archive import decompressed

# A packet is some 40 to 100 kB, a cutout at most 16 MB; nights go to a catalogue of their own.
LARGEST_UPLOAD = 64 * 1024 * 1024
# A file's alerts that are offered to choose from, and what is looked through for them.
MOST_ALERTS = 100
MOST_READ = 1000
NEIGHBOURS = 12
WEISZFELD_STEPS = 30
TINY = 1e-9
PACKED = (ztf_avro.MAGIC, fink_parquet.MAGIC)


class VisitorError(ZtfexploreError):
    """A file in which there is no alert to show; says why."""


@dataclass(frozen=True)
class Landing:
    """Where a visitor lands in one encoder's embedding.

    Attributes:
        encoder: its name.
        neighbours: the nearest rows, nearest first; None if the visitor could not be embedded.
        place: on the encoder's map, None if unknown; see `place`.
        problem: why there are no neighbours; empty if there are.
    """

    encoder: str
    neighbours: Neighbours | None = None
    place: tuple[float, float] | None = None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class Visitor:
    """An alert that is not in the catalogue, and where it lands.

    Attributes:
        alert: as read.
        landings: one for each encoder that was asked for.
        notes: what to know before believing them.
    """

    alert: Alert
    landings: tuple[Landing, ...]
    notes: tuple[str, ...] = ()

    @property
    def places(self) -> list[tuple[float, float] | None]:
        """Where it lies on each encoder's map, None where that is not known."""
        return [landing.place for landing in self.landings]


# --- reading -----------------------------------------------------------------------------------------------------


def read(file: bytes | Path, name: str) -> Alert:
    """The first alert of a file.

    Args:
        file: content or path of an alert packet (Avro, gzip'd or not), a FITS cutout, Fink's Parquet, or a tar of them.
        name: what the sender calls it; only shown.

    Raises:
        VisitorError: if there is none.
    """
    return read_all(file, name)[0]


def read_all(file: bytes | Path, name: str) -> list[Alert]:
    """The alerts of a file, the first MOST_ALERTS of them; at least one.

    Raises:
        VisitorError: if there is none, or the file is too large.
    """
    name = uploads.shown_name(name)
    data = file if isinstance(file, bytes) else _content(file, name)
    check_size(name, len(data))
    alerts, rejects = [], []
    with tempfile.TemporaryDirectory(prefix="ztfexplore-") as folder:
        path = Path(folder, "file")
        path.write_bytes(_unpacked(data, name))
        for item in _some(uploads.read([uploads.Staged(path, name)])):
            (alerts if isinstance(item, Alert) else rejects).append(item)
            if len(alerts) == MOST_ALERTS:
                break
    if not alerts:
        raise VisitorError(_why(name, rejects))
    return alerts


def _content(path: Path, name: str) -> bytes:
    try:
        check_size(name, path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise VisitorError(f"{name} cannot be read ({error.strerror or error})") from error


def _some(items: Iterator[Alert | Reject]) -> Iterator[Alert | Reject]:
    """No more than MOST_READ of them: a file may hold a million that are damaged."""
    return islice(items, MOST_READ)


def check_size(name: str, size: int) -> None:
    """Raise VisitorError if a file of `size` bytes is too large to be looked at."""
    if size > LARGEST_UPLOAD:
        raise VisitorError(
            f"{uploads.shown_name(name)} has {size / 1024**2:.0f} MB, too much for an alert or a cutout: "
            f"{LARGEST_UPLOAD // 1024**2} MB are the most. The data page makes a catalogue of a night of alerts"
        )


def _unpacked(data: bytes, name: str) -> bytes:
    """A packet behind gzip, bzip2 or xz unpacked, with a bound; anything else as it is.

    FITS files and archives are unpacked by their readers, which have bounds of their own.
    """
    stream = decompressed(io.BufferedReader(io.BytesIO(data)))
    try:
        head = stream.read(len(PACKED[0]))
        if data.startswith(head) or head not in PACKED:
            return data
        rest = stream.read(LARGEST_UPLOAD + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise VisitorError(f"{name}: damaged compression ({error})") from error
    if len(rest) > LARGEST_UPLOAD:
        raise VisitorError(f"{name} unpacks to more than {LARGEST_UPLOAD // 1024**2} MB: that is no alert packet")
    return head + rest


def _why(name: str, rejects: Sequence[Reject]) -> str:
    """Why no alert came of a file, in one line."""
    if not rejects:
        return f"{name}: no alert in it"
    more = f" (and {len(rejects) - 1} more like it)" if len(rejects) > 1 else ""
    return f"{name} is no alert that can be shown here: {rejects[0].message}{more}"


# --- embedding ---------------------------------------------------------------------------------------------------


def load(catalogue: Catalogue, name: str) -> Encoder:
    """The encoder that made a catalogue's column, for stamps that are not in it.

    Raises:
        EncoderError: if there is no such encoder here, or it is not the one that made the column.
    """
    try:
        found = embedding.load_encoder(catalogue, name)
    except EncoderError:
        raise EncoderError(
            f"the weights of {name} are not among the shipped ones, so that nothing new can be embedded with them"
        ) from None
    made_by = catalogue.vector_metadata(embedding.column(name)).get("weights_sha256")
    if made_by != found.weights_sha256:
        why = "from other stamps than the catalogue has now" if name == embedding.PCA else "by other weights"
        raise EncoderError(
            f"the embedding {name} of this catalogue was made {why}; "
            f"'ztfexplore embed --catalogue {catalogue.path} --encoder {name}' makes it anew"
        )
    return found


def land(alert: Alert, encoder: Encoder, index: NeighbourIndex, points: np.ndarray, k: int = NEIGHBOURS) -> Landing:
    """Where an alert lands in an embedding; if it does not fit the encoder, why.

    Args:
        alert: as read.
        encoder: the one that made the embedding; see `load`.
        index: of the embedding.
        points: the encoder's map, float32 (n, 2), NaN where there is none.
        k: how many neighbours.
    """
    try:
        vector = encoder.embed([alert.stamp])[0]
    except EncoderError as error:
        return Landing(encoder.name, problem=str(error))
    found = index.query_vector(vector, k)
    return Landing(encoder.name, found, place(points, found))


def place(points: np.ndarray, near: Neighbours) -> tuple[float, float] | None:
    """Where on a map something with these neighbours would lie: an approximation, the map is not made again.

    The geometric median of the neighbours' places on the map (Weiszfeld 1937), which does not fall between two groups
    as a mean would. Each counts by its similarity as in UMAP's fuzzy graph (McInnes et al. 2018): exp(-(distance - the
    smallest) / scale), the scale being the mean excess.

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


# --- what to know before believing it ------------------------------------------------------------------------------


def notes(alert: Alert, surveys: Sequence[Survey], known: bool) -> tuple[str, ...]:
    """What to know about a visitor to a catalogue.

    Args:
        alert: the visitor.
        surveys: those in the catalogue.
        known: whether the same alert is in the catalogue.
    """
    said = []
    if known:
        said.append("This alert is in the catalogue already, and so among its own neighbours.")
    names = {survey.name: survey for survey in surveys}
    if alert.survey not in names and names:
        others = " and ".join(survey.title for survey in surveys)
        channels = " or ".join(dict.fromkeys(", ".join(survey.channels) or "any" for survey in surveys))
        same = any(survey.channels and survey.channels == _channels(alert) for survey in surveys)
        meaning = "" if same else f" Its {len(alert.stamp)} channel(s) are taken as {channels}."
        said.append(f"The objects of this catalogue are of another kind: {others}.{meaning}")
    return tuple(said)


def _channels(alert: Alert) -> tuple[str, ...]:
    return SURVEYS[alert.survey].channels
