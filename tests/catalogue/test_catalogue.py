"""The catalogue: what goes in comes out, twice is once, and columns of vectors hold what their metadata say."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import lance
import numpy as np
import pytest

from tests.support.errors import refused
from tests.support.packets import CANDID, alert, alerts
from ztfexplore.alerts.labels_csv import Label
from ztfexplore.catalogue import schema
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.errors import CatalogueError

METADATA = {"weights_sha256": "abc", "encoder": "made-up"}


# --- what goes in comes out ---------------------------------------------------------------------------------------


def test_an_alert_comes_out_as_it_went_in(catalogue):
    given = alert(CANDID, label="SN", label_source="TNS")
    given.stamp[1, :5] = np.nan
    given.stamp[0, 0, 0] = 3.4e38
    catalogue.add([given])
    (stamp,) = Catalogue.open(catalogue.path).stamps([0])
    np.testing.assert_array_equal(stamp, given.stamp)
    assert stamp.dtype == np.float32
    row = catalogue.table().to_pylist()[0]
    for name in ("survey", "candid", "object_id", "ra", "dec", "mjd", "band", "magnitude", "positive"):
        assert row[name] == getattr(given, name)
    assert (row["label"], row["label_source"], row["source"], row["rb"]) == ("SN", "TNS", "memory", 0.75)
    heavy = catalogue.heavy(0)
    assert json.loads(heavy["candidate"]) == dict(given.candidate)
    assert [point["magnitude"] for point in heavy["history"]] == [19.5]


def test_candids_are_int64_and_exact_to_the_last_digit(catalogue):
    candids = [CANDID, CANDID + 1, CANDID + 2, -CANDID, -CANDID - 1, 2**63 - 1, -(2**63)]
    catalogue.add(alerts(*candids))
    frame = catalogue.frame()
    assert frame["candid"].dtype == np.int64
    assert frame["candid"].tolist() == candids
    assert [catalogue.row_of(candid) for candid in candids] == list(range(7))


def test_what_is_missing_is_null_and_not_a_number(catalogue):
    catalogue.add([alert(1, magnitude=None, positive=None, label=None)])
    row = catalogue.table().to_pylist()[0]
    assert row["magnitude"] is None and row["positive"] is None and row["label"] is None


def test_stamps_come_in_the_order_they_are_asked_for(three_parts):
    found = three_parts.stamps([7, 0, 7, 4])
    expected = [alert(candid).stamp for candid in (7, 0, 7, 4)]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert three_parts.stamps([]) == []


def test_stamps_of_different_shapes_live_side_by_side(catalogue):
    large = np.ones((3, 70, 50), dtype=np.float32)
    catalogue.add([alert(1), alert(2, stamp=large)])
    assert [stamp.shape for stamp in catalogue.stamps([0, 1])] == [(3, 63, 63), (3, 70, 50)]


def test_a_candid_that_is_not_there_is_named(catalogue):
    catalogue.add(alerts(CANDID))
    for candid in (CANDID + 1, 10**30):
        with refused(CatalogueError, candid, catalogue.path):
            catalogue.row_of(candid)


def test_the_survey_tells_equal_candids_apart(catalogue):
    assert catalogue.add([alert(1), alert(1, survey="simulated")]) == 2
    assert [catalogue.row_of(1, survey) for survey in ("ztf", "simulated")] == [0, 1]


# --- taking in ----------------------------------------------------------------------------------------------------


def test_adding_twice_changes_nothing(catalogue):
    assert catalogue.add(alerts(1, 2)) == 2
    version = catalogue.version
    assert catalogue.add(alerts(2, 1)) == 0
    assert catalogue.version == version and len(catalogue) == 2


def test_only_what_is_new_is_added_and_twins_in_one_batch_count_once(catalogue):
    catalogue.add(alerts(1, 2))
    assert catalogue.add([alert(3), alert(2), alert(3, object_id="other"), alert(4)]) == 2
    assert catalogue.table().column("candid").to_pylist() == [1, 2, 3, 4]
    assert catalogue.table().column("object_id").to_pylist()[2] == "ZTF183"


def test_nothing_is_added_by_adding_nothing(catalogue):
    version = catalogue.version
    assert catalogue.add([]) == 0
    assert catalogue.version == version


def test_a_reader_stays_at_its_version_until_it_refreshes(catalogue):
    reader = Catalogue.open(catalogue.path)
    catalogue.add(alerts(1))
    assert len(reader) == 0
    reader.refresh()
    assert len(reader) == 1 and reader.version == catalogue.version


def test_a_catalogue_that_lacks_a_later_column_still_takes_alerts_in(tmp_path):
    early = schema.to_table(alerts(1)).drop_columns(["nbad", "scorr"])
    lance.write_dataset(early, str(tmp_path / "early"))
    catalogue = Catalogue.open(tmp_path / "early")
    catalogue.frame()
    catalogue.add([alert(2)])
    assert catalogue.table(["candid", "nbad"]).to_pylist() == [{"candid": 1, "nbad": None}, {"candid": 2, "nbad": 0.0}]


# --- labels that came with the data -------------------------------------------------------------------------------


def labels_of(catalogue: Catalogue) -> list[tuple[str | None, str | None]]:
    return [tuple(row.values()) for row in catalogue.table(["label", "label_source"]).to_pylist()]


def test_relabelling_reaches_exactly_the_rows_it_names_and_nothing_else(three_parts):
    before = three_parts.table().drop_columns(["label", "label_source"])
    assert three_parts.relabel({1: Label("SN", "TNS"), 5: Label("VS", None), 99: Label("AGN", None)}).size == 2
    expected = [(None, None)] * 9
    expected[1], expected[5] = ("SN", "TNS"), ("VS", None)
    assert labels_of(three_parts) == expected
    assert three_parts.table().drop_columns(["label", "label_source"]) == before
    np.testing.assert_array_equal(three_parts.stamps([5])[0], alert(5).stamp)


def test_relabelling_to_the_same_changes_nothing(three_parts):
    labels = {1: Label("SN", "TNS")}
    three_parts.relabel(labels)
    version = three_parts.version
    assert three_parts.relabel(labels).size == 0
    assert three_parts.relabel({1: Label("SN", None)}).size == 0
    assert three_parts.version == version
    assert three_parts.relabel({1: Label("SN", "SIMBAD")}).size == 1
    assert three_parts.relabel({1: Label("VS", "VSX")}).size == 1
    assert labels_of(three_parts)[1] == ("VS", "VSX")


def test_relabelling_does_not_mistake_the_neighbouring_candid(catalogue):
    catalogue.add(alerts(CANDID, CANDID + 1))
    catalogue.relabel({CANDID + 1: Label("SN", None)})
    assert labels_of(catalogue) == [(None, None), ("SN", None)]


# --- columns of vectors -------------------------------------------------------------------------------------------


def vectors(*rows: int) -> np.ndarray:
    """(len(rows), 4) float32, different in every row."""
    return np.array(rows, dtype=np.float32)[:, None] + np.arange(4, dtype=np.float32) / 10


def test_vectors_come_back_at_their_rows_and_only_there(three_parts):
    rows = np.array([7, 2, 3])
    three_parts.write_vectors("embedding_x", rows, vectors(7, 2, 3), METADATA)
    found = three_parts.vectors("embedding_x")
    assert np.flatnonzero(found.present).tolist() == [2, 3, 7]
    np.testing.assert_array_equal(found.values[rows], vectors(7, 2, 3))
    assert found.metadata.items() >= METADATA.items()
    assert three_parts.vector_columns("embedding_") == ["embedding_x"]
    assert three_parts.table(["embedding_x"]).column(0).null_count == 6


def test_vectors_are_filled_in_bit_by_bit_across_new_alerts(three_parts):
    three_parts.write_vectors("embedding_x", np.arange(5), vectors(*range(5)), METADATA)
    three_parts.add(alerts(9))
    three_parts.write_vectors("embedding_x", np.arange(5, 10), vectors(*range(5, 10)), METADATA)
    found = three_parts.vectors("embedding_x")
    np.testing.assert_array_equal(found.values, vectors(*range(10)))
    assert found.metadata.items() >= METADATA.items()
    assert three_parts.table().column("candid").to_pylist() == list(range(10))


@pytest.mark.parametrize("change", [{"weights_sha256": "other"}, {"seed": "1"}])
def test_vectors_made_otherwise_are_not_mixed_with_those_that_are_there(three_parts, change):
    three_parts.write_vectors("embedding_x", np.arange(9), vectors(*range(9)), METADATA)
    three_parts.write_vectors("embedding_x", np.array([4]), vectors(44), METADATA | change)
    found = three_parts.vectors("embedding_x")
    assert np.flatnonzero(found.present).tolist() == [4]
    assert found.metadata.items() >= (METADATA | change).items()


def test_vectors_of_another_length_take_the_place_of_those_that_are_there(three_parts):
    three_parts.write_vectors("embedding_x", np.arange(9), vectors(*range(9)), METADATA)
    three_parts.write_vectors("embedding_x", np.array([4]), vectors(4)[:, :2], METADATA)
    assert three_parts.vectors("embedding_x").values.shape == (9, 2)


@pytest.mark.parametrize("step", ["_add_vectors", "_update"])
def test_a_crash_while_vectors_are_written_leaves_no_column_that_lies(three_parts, monkeypatch, step):
    old, new = METADATA, METADATA | {"seed": "1"}
    three_parts.write_vectors("map_x", np.arange(8), vectors(*range(8)), old)

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Catalogue, step, crash)
    # The first takes the place of the whole column, the second fills one row more.
    metadata = new if step == "_add_vectors" else old
    with pytest.raises(KeyboardInterrupt):
        three_parts.write_vectors("map_x", np.array([8]), vectors(8), metadata)
    monkeypatch.undo()
    after = Catalogue.open(three_parts.path)
    if "map_x" in after.vector_columns("map_"):
        found = after.vectors("map_x")
        assert found.metadata.items() >= old.items() and found.present.sum() == 8
    after.write_vectors("map_x", np.arange(9), vectors(*range(9)), new)
    np.testing.assert_array_equal(after.vectors("map_x").values, vectors(*range(9)))


def test_a_column_that_is_not_there_is_named(catalogue):
    with refused(CatalogueError, "embedding_x", catalogue.path):
        catalogue.vectors("embedding_x")


def test_vectors_of_an_catalogue(catalogue):
    catalogue.write_vectors("embedding_x", np.array([], dtype=np.int64), np.empty((0, 4), np.float32), METADATA)
    assert catalogue.vectors("embedding_x").values.shape == (0, 4)


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
