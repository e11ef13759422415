"""Where a catalogue's alerts and labels come from, and the history of its versions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ztfexplore.catalogue.catalogue import Version

# More files than this are listed by folder, so that a night of single packets is one line, not ten thousand.
MOST_FILES = 200
NO_SOURCE = "unknown"
# What follows a file's name in a source: a member of an archive, a row of a table.
_INSIDE = r"(?is)(\.(?:tar(?:\.(?:gz|bz2|xz))?|tgz|tbz2|txz|parquet|gz|bz2|xz)):.*$"


def files_of(sources: Sequence[str]) -> list[str]:
    """The files of alerts' sources: 'night.tar.gz' for 'night.tar.gz:123.avro'. Arrow parses a million in a second."""
    return pc.replace_substring_regex(pa.array(sources, pa.string()), _INSIDE, r"\1").to_pylist()


def sources(frame: pd.DataFrame, versions: Sequence[Version] = ()) -> pd.DataFrame:
    """One row per file, or per folder if there are more than MOST_FILES files.

    Args:
        frame: with `source`, `object_id`, and `label`, one row per alert in the catalogue's order.
        versions: of the catalogue, oldest first; they show when a row was added.

    Returns:
        columns source, alerts, objects, labelled (alerts), first and last ingest (UTC, NaT if unknown).
    """
    text = frame["source"].astype(object).where(frame["source"].notna(), NO_SOURCE).astype(str)
    codes, names = pd.factorize(text)  # so that each source is parsed once
    place = files_of(names)
    if len(set(place)) > MOST_FILES:
        place = [str(PurePath(name).parent) + "/" for name in place]
    came = pd.Series(taken_in(len(frame), versions), index=frame.index)
    groups = pd.DataFrame(
        {
            "source": pd.Series(place, dtype=object).to_numpy()[codes] if len(codes) else pd.Series(dtype=object),
            "object_id": frame["object_id"].to_numpy(),
            "labelled": frame["label"].notna().to_numpy(),
            "came": came.to_numpy(),
        }
    ).groupby("source", sort=False)
    table = groups.agg(
        alerts=("came", "size"),
        objects=("object_id", "nunique"),
        labelled=("labelled", "sum"),
        first=("came", "min"),
        last=("came", "max"),
    )
    return table.sort_values("alerts", ascending=False, kind="stable").reset_index()


def taken_in(rows: int, versions: Sequence[Version]) -> np.ndarray:
    """When each of the first `rows` rows was added (UTC), datetime64 (rows,); NaT if no version on disk shows it.

    Rows are only ever appended: a row was added by the first version that is long enough to contain it.
    """
    came = np.full(rows, np.datetime64("NaT"), dtype="datetime64[ms]")
    for before, version in zip([None, *versions], versions, strict=False):
        start = 0 if before is None and version.number == 1 else (version.rows if before is None else before.rows)
        came[start : version.rows] = np.datetime64(version.when.replace(tzinfo=None), "ms")
    return came


def label_sources(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns label, label source, alerts, objects: which rule or catalogue gave each class."""
    labelled = frame[frame["label"].notna()]
    named = labelled["label_source"].astype(object).where(labelled["label_source"].notna(), NO_SOURCE)
    groups = labelled.assign(label_source=named).groupby(["label", "label_source"], observed=True)["object_id"]
    table = groups.agg(alerts="size", objects="nunique").reset_index()
    return table.sort_values(["label", "alerts"], ascending=[True, False]).reset_index(drop=True)


def history(versions: Sequence[Version]) -> pd.DataFrame:
    """Columns version, when (UTC), alerts, change: newest first."""
    rows = [(v.number, np.datetime64(v.when.replace(tzinfo=None), "s"), v.rows, v.change) for v in reversed(versions)]
    return pd.DataFrame(rows, columns=["version", "when", "alerts", "change"])
