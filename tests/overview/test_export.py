"""Export: every row and column, exact candids, and no file that is half written."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.packets import CANDID, packet
from ztfexplore.alerts.labels_csv import Label, read_labels
from ztfexplore.catalogue import schema
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.errors import ZtfexploreError
from ztfexplore.overview import export as module
from ztfexplore.overview.export import export
from ztfexplore.sources.ztf_packet import alert_from_packet

CANDIDS = [CANDID, CANDID + 1, -CANDID, -CANDID - 1, 2**63 - 1]
OBJECT = 'ZTF18"odd", name'
WEIGHTS = {"weights_sha256": "abc"}
EMBEDDED = np.array([0, 1, 2, 4])  # the fourth has not been embedded yet
VALUES = np.arange(12, dtype=np.float32).reshape(4, 3) / 7


@pytest.fixture
def catalogue(tmp_path) -> Catalogue:
    """Five alerts, of which some are labelled and most embedded by the encoder x."""
    catalogue = Catalogue.create(tmp_path / "catalogue")
    labels = {CANDID + 1: Label("SN", "TNS, by hand"), -CANDID: Label("bogus", None)}
    given = [packet(candid, OBJECT, drb=None, isdiffpos=None) for candid in CANDIDS]
    ingest([alert_from_packet(one, "memory") for one in given], catalogue, labels)
    catalogue.write_vectors("embedding_x", EMBEDDED, VALUES, WEIGHTS)
    return catalogue


def draw_map(catalogue: Catalogue, weights: str = "abc") -> None:
    catalogue.write_vectors("map_x", EMBEDDED, VALUES[:, :2], {"weights_sha256": weights, "trustworthiness": "0.9"})


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_parquet_holds_every_row_with_its_types(catalogue, tmp_path):
    assert export(catalogue, tmp_path / "a.parquet") == 5
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.column_names[:3] == ["candid", "object_id", "label"]
    assert set(table.column_names) == set(schema.light_columns())
    assert table.schema.field("candid").type == pa.int64()
    assert table.column("candid").to_pylist() == CANDIDS
    assert table.column("label").to_pylist() == [None, "SN", "bogus", None, None]
    # Columns without a single value keep their type, so that files of many nights fit together.
    for name, kind in (("drb", pa.float64()), ("positive", pa.bool_())):
        assert table.schema.field(name).type == kind and table.column(name).null_count == 5


def test_csv_holds_every_row_and_candids_to_the_last_digit(catalogue, tmp_path):
    assert export(catalogue, tmp_path / "a.csv") == 5
    rows = read_csv(tmp_path / "a.csv")
    assert [row["candid"] for row in rows] == [str(candid) for candid in CANDIDS]
    assert [row["label"] for row in rows] == ["", "SN", "bogus", "", ""]
    assert {row["object_id"] for row in rows} == {OBJECT}
    assert {row["drb"] for row in rows} == {""} and {row["rb"] for row in rows} == {"0.75"}
    assert pd.read_csv(tmp_path / "a.csv")["candid"].tolist() == CANDIDS


def test_an_exported_csv_is_a_labels_file(catalogue, tmp_path):
    export(catalogue, tmp_path / "a.csv")
    labels = read_labels(tmp_path / "a.csv")
    assert labels == {("ztf", CANDID + 1): Label("SN", "TNS, by hand"), ("ztf", -CANDID): Label("bogus", None)}


def test_parquet_holds_the_embedding_as_lists_and_the_map(catalogue, tmp_path):
    draw_map(catalogue)
    export(catalogue, tmp_path / "a.parquet", "x")
    table = pq.read_table(tmp_path / "a.parquet")
    found = table.column("embedding").to_pylist()
    assert found[3] is None
    np.testing.assert_array_equal(np.float32([found[row] for row in EMBEDDED]), VALUES)
    assert table.column("map_x").to_pylist()[3] is None
    np.testing.assert_array_equal(np.float32(table.column("map_y").to_pylist())[EMBEDDED], VALUES[:, 1])


def test_csv_holds_the_embedding_number_by_number(catalogue, tmp_path):
    draw_map(catalogue)
    export(catalogue, tmp_path / "a.csv", "x")
    rows = read_csv(tmp_path / "a.csv")
    names = ["embedding_0", "embedding_1", "embedding_2", "map_x", "map_y"]
    assert list(rows[0])[-5:] == names
    assert [rows[3][name] for name in names] == [""] * 5
    found = np.float32([[rows[row][name] for name in names[:3]] for row in EMBEDDED])
    np.testing.assert_array_equal(found, VALUES)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_export_works_before_there_is_a_map(catalogue, tmp_path, suffix):
    export(catalogue, tmp_path / f"a{suffix}", "x")
    text = (tmp_path / f"a{suffix}").read_bytes()
    assert b"map_x" not in text and b"embedding" in text


def test_a_map_of_other_weights_is_not_put_beside_the_embedding(catalogue, tmp_path):
    draw_map(catalogue, weights="older")
    export(catalogue, tmp_path / "a.parquet", "x")
    assert "map_x" not in pq.read_table(tmp_path / "a.parquet").column_names


def test_an_encoder_that_has_embedded_nothing_says_what_to_do(catalogue, tmp_path):
    with pytest.raises(ZtfexploreError, match="embedded nothing here; run 'ztfexplore embed"):
        export(catalogue, tmp_path / "a.parquet", "y")
    assert not (tmp_path / "a.parquet").exists()


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_an_empty_catalogue_is_a_table_without_rows(tmp_path, suffix):
    assert export(Catalogue.create(tmp_path / "empty"), tmp_path / f"a{suffix}") == 0
    read = pd.read_parquet if suffix == ".parquet" else pd.read_csv
    assert list(read(tmp_path / f"a{suffix}").columns[:3]) == ["candid", "object_id", "label"]


def test_folders_are_made_and_files_replaced(catalogue, tmp_path):
    output = tmp_path / "new" / "folder" / "a.csv"
    export(catalogue, output)
    output.write_text("something else")
    export(catalogue, output)
    assert len(read_csv(output)) == 5
    assert list(output.parent.iterdir()) == [output]


@pytest.mark.parametrize("name", ["a.json", "a", "a.parquet.gz"])
def test_an_unknown_ending_is_refused(catalogue, tmp_path, name):
    with pytest.raises(ZtfexploreError, match=r"must end in \.parquet or \.csv"):
        export(catalogue, tmp_path / name)


def test_a_place_that_cannot_be_written_says_so(catalogue, tmp_path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").touch()
    for output in (tmp_path / "folder.csv", tmp_path / "file" / "a.csv", Path("/proc/nowhere/a.parquet")):
        with pytest.raises(ZtfexploreError, match=f"output {output}: cannot be written") as caught:
            export(catalogue, output)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_an_export_that_is_cut_off_leaves_the_file_that_was_there(catalogue, tmp_path, monkeypatch, suffix):
    output = tmp_path / f"a{suffix}"
    export(catalogue, output)
    before = output.read_bytes()

    def cut_off(table, path, *_):
        Path(path).write_bytes(b"half a")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.pq, "write_table", cut_off)
    monkeypatch.setattr(module.pyarrow.csv, "write_csv", cut_off)
    with pytest.raises(ZtfexploreError, match="No space left on device"):
        export(catalogue, output)
    assert output.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [output.name]


def test_a_persons_label_stands_before_the_one_that_came_with_the_data(catalogue, tmp_path):
    from ztfexplore.catalogue.annotations import Annotations

    frame = catalogue.frame()
    people = Annotations.open(catalogue.path)
    people.add([CANDID, CANDID + 1], "AGN", "me", frame["survey"].iloc[0])
    export(catalogue, tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.column("label").to_pylist() == ["AGN", "AGN", "bogus", None, None]
    assert table.column("label_given").to_pylist() == [None, "SN", "bogus", None, None]
    assert table.column("label_source").to_pylist()[:2] == ["person:me"] * 2
    export(catalogue, tmp_path / "a.csv")
    assert [row["label"] for row in read_csv(tmp_path / "a.csv")][:3] == ["AGN", "AGN", "bogus"]
