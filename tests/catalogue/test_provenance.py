"""Provenance: which files a catalogue came from, when, and who labelled it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ztfexplore.catalogue import provenance
from ztfexplore.catalogue.catalogue import Version


def frame(**columns: list) -> pd.DataFrame:
    length = len(next(iter(columns.values())))
    names = [f"o{n}" for n in range(length)]
    blank = {"label": None, "label_source": None, "source": "s", "band": None, "mjd": np.nan}
    return pd.DataFrame({"object_id": names, **{k: [v] * length for k, v in blank.items()}, **columns})


def version(number: int, rows: int) -> Version:
    return Version(number, datetime(2026, 1, number, tzinfo=UTC), rows, "")


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("a/night.tar.gz:1.avro", "a/night.tar.gz"),
        ("a/night.tar:x:y.avro", "a/night.tar"),
        ("fink.parquet:row 12", "fink.parquet"),
        ("a/1.avro", "a/1.avro"),
        ("simulated (seed 0)", "simulated (seed 0)"),
        ("C:\\x\\1.fits", "C:\\x\\1.fits"),
    ],
)
def test_the_file_of_a_source(source, file):
    assert provenance.files_of([source]) == [file]


def test_sources_are_counted_by_file_with_the_time_they_came():
    given = frame(source=["a.tar:1", "a.tar:2", None, "a.tar:3"], label=["SN", None, None, "SN"])
    given["object_id"] = ["x", "x", "y", "z"]
    table = provenance.sources(given, [version(1, 0), version(2, 2), version(3, 2), version(4, 4)]).set_index("source")
    assert table.loc["a.tar", ["alerts", "objects", "labelled"]].tolist() == [3, 2, 2]
    assert table.loc["a.tar", "first"] == pd.Timestamp("2026-01-02")
    assert table.loc["a.tar", "last"] == pd.Timestamp("2026-01-04")
    assert table.loc["unknown", "alerts"] == 1


def test_many_single_files_are_told_by_their_folder():
    table = provenance.sources(frame(source=[f"night/{n}.avro" for n in range(300)] + ["x.tar:1"]))
    assert dict(zip(table["source"], table["alerts"], strict=True)) == {"night/": 300, "./": 1}
    assert table["first"].isna().all()


@given(st.lists(st.integers(0, 5), max_size=6), st.integers(1, 3))
def test_every_row_came_with_the_first_version_that_holds_it(steps, first):
    totals = np.cumsum([0, *steps]).tolist()
    versions = [version(first + n, total) for n, total in enumerate(totals)]
    came = provenance.taken_in(totals[-1], versions)
    for row, when in enumerate(came):
        at = next(v for v in versions if v.rows > row)
        assert when == np.datetime64(at.when.replace(tzinfo=None))


def test_nothing_has_no_sources():
    assert provenance.sources(frame(source=["x"]).iloc[:0]).empty
    assert provenance.label_sources(frame(source=["x"]).iloc[:0]).empty
