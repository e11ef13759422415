"""Provenance, rejects, the inventory of catalogues and encoders, and the figures of the data page."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.packets import alert
from ztfexplore.alerts.alert import Reason, Reject
from ztfexplore.alerts.surveys.fits import FITS
from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.alerts.surveys.simulated import SIMULATED
from ztfexplore.alerts.surveys.ztf import ZTF
from ztfexplore.catalogue import provenance, rejects
from ztfexplore.catalogue.catalogue import Catalogue, Version
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.embeddings import embedding
from ztfexplore.errors import ZtfexploreError
from ztfexplore.overview import inventory


def frame(**columns: list) -> pd.DataFrame:
    length = len(next(iter(columns.values())))
    names = [f"o{n}" for n in range(length)]
    blank = {"label": None, "label_source": None, "source": "s", "band": None, "mjd": np.nan}
    return pd.DataFrame({"object_id": names, **{k: [v] * length for k, v in blank.items()}, **columns})


def version(number: int, rows: int) -> Version:
    return Version(number, datetime(2026, 1, number, tzinfo=UTC), rows, "")


# --- sources --------------------------------------------------------------------------------------------------------


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


def test_versions_say_what_changed(catalogue):
    catalogue.add([alert(1), alert(2)])
    catalogue.write_vectors("embedding_x", np.array([0]), np.ones((1, 3), np.float32), {"weights_sha256": "a"})
    catalogue.write_vectors("embedding_x", np.array([1]), np.ones((1, 3), np.float32), {"weights_sha256": "a"})
    catalogue.write_vectors("embedding_x", np.array([1]), np.ones((1, 3), np.float32), {"weights_sha256": "b"})
    versions = catalogue.versions()
    assert [v.rows for v in versions] == [0, 2, 2, 2, 2, 2]
    assert [v.change for v in versions] == [
        "begun", "2 added", "column embedding_x written", "values changed", "column embedding_x dropped",
        "column embedding_x written",
    ]  # fmt: skip
    assert [v.number for v in versions] == sorted(v.number for v in versions)
    assert abs((versions[-1].when - datetime.now(UTC)).total_seconds()) < 600
    assert catalogue.filled("embedding_x") == 1 and catalogue.filled("nothing") == 0


# --- rejects --------------------------------------------------------------------------------------------------------


def test_rejects_come_back_as_they_were_written(catalogue, tmp_path):
    given = [Reject('a\n,"b', Reason.NO_CUTOUT, "x: y", candid=-(2**62) - 1), Reject("<b>", Reason.EMPTY)]
    ingest(given, catalogue, rejects=tmp_path / "rejects.csv")
    table = rejects.read_rejects(tmp_path / "rejects.csv")
    assert table["candid"].tolist() == [str(-(2**62) - 1), ""]
    assert table["source"].tolist() == ['a\n,"b', "<b>"]
    assert rejects.by_reason(table)["rejects"].tolist() == [1, 1]
    assert len(rejects.matching(table, "<B>")) == 1 and len(rejects.matching(table, "", "no cutout")) == 1
    assert rejects.table(given)["candid"].tolist() == table["candid"].tolist()


@given(st.binary())
def test_any_file_is_a_table_or_a_message(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("rejects") / "rejects.csv"
    path.write_bytes(b"candid,source,reason\n" + content)
    try:
        table = rejects.read_rejects(path)
    except ZtfexploreError:
        pass
    else:
        assert list(table.columns) == list(rejects.COLUMNS)
        rejects.by_reason(table)


# --- the inventory --------------------------------------------------------------------------------------------------


def test_a_catalogue_in_a_line(demo_catalogue):
    line = inventory.summary(Catalogue.open(demo_catalogue))
    assert (line["alerts"], line["survey"]) == (150, "Simulated (ZTF-like)")
    assert line["from"] < line["to"] and line["embedded"] == line["mapped"] == "simclr, s-simclr"
    assert line["bytes"] > 150 * 3 * 63 * 63 * 4 / 2


def test_an_empty_catalogue_in_a_line(catalogue):
    line = inventory.summary(catalogue)
    assert (line["alerts"], line["from"], line["embedded"], line["survey"]) == (0, "", "", "")


def test_dates_are_utc_and_nonsense_is_none():
    found = inventory.dates(pd.Series([58303.999, 51544.0, np.nan, np.inf, 1e18]))
    assert found[:2].astype(str).tolist() == ["2018-07-04", "2000-01-01"]
    assert np.isnat(found[2:]).all()


def test_what_an_encoder_did_is_told_from_what_is_missing(demo_catalogue, tmp_path):
    catalogue = Catalogue.open(shutil.copytree(demo_catalogue, tmp_path / "c"))
    catalogue.add([alert(1)])
    states = {state.name: state for state in inventory.encoders(catalogue, [SIMULATED])}
    assert list(states)[:2] == ["simclr", "s-simclr"] and list(states)[-1] == "galaxies-simsiam"
    mine = states["simclr"]
    assert (mine.embedded, mine.missing, mine.placed, mine.unplaced, mine.is_stale) == (150, 1, 150, 0, False)
    assert (states["pca"].embedded, states["pca"].missing, states["pca"].shipped) == (0, 151, None)
    vectors = embedding.read_embedding(catalogue, "simclr").values[:2]
    catalogue.write_vectors("embedding_simclr", np.arange(2), vectors, {"weights_sha256": "b"})
    mine = {state.name: state for state in inventory.encoders(catalogue, [SIMULATED])}["simclr"]
    assert (mine.is_stale, mine.missing, mine.placed, mine.trustworthiness) == (True, 151, 0, None)


def test_which_encoders_fit():
    for surveys, fits, others in (
        ([ZTF], ["simclr", "simsiam", "supervised", "pca", "random"], ["galaxies-simsiam"]),
        ([SIMULATED], ["simclr", "supervised"], ["galaxies-simsiam"]),
        ([HUBBLE], ["galaxies-simsiam", "pca"], ["simclr", "supervised"]),
        ([FITS], ["pca", "random"], ["simclr", "galaxies-simsiam"]),
        ([ZTF, HUBBLE], ["simclr", "galaxies-simsiam"], []),
    ):
        assert all(inventory.fits(name, surveys) for name in fits)
        assert not any(inventory.fits(name, surveys) for name in others)


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bytes"), (999, "999 bytes"), (85_498_906, "85.5 MB"), (2e15, "2000.0 TB")]
)
def test_sizes_as_a_person_reads_them(count, text):
    assert inventory.human_size(count) == text
