"""Fink's Parquet: the same alerts as in Avro; a damaged row costs only itself."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.packets import CANDID, CUTOUTS, fink, from_avro, packet, previous
from tests.support.sources import only_reject, read
from ztfexplore.alerts.alert import Reason

SCIENCE = CUTOUTS[0]


def test_a_packet_is_the_same_alert_from_avro_and_from_fink(tmp_path):
    given = [packet(CANDID + i, previous=[previous(2458990.5, magpsf=19.5)]) for i in range(3)]
    alerts, rejects = read(fink(tmp_path / "a.parquet", given))
    assert rejects == []
    assert [alert.source.rpartition(":")[2] for alert in alerts] == ["row 0", "row 1", "row 2"]
    for one, other in zip(alerts, given, strict=True):
        expected = from_avro(other)
        np.testing.assert_array_equal(one.stamp, expected.stamp)
        for name in ("survey", "candid", "object_id", "ra", "dec", "mjd", "band", "magnitude", "positive", "history"):
            assert getattr(one, name) == getattr(expected, name)


def test_a_damaged_row_costs_only_itself(tmp_path):
    given = [packet(1), packet(2, cutouts={SCIENCE: b"\xff\xd8"}), packet(3, ra=None), packet(4)]
    alerts, rejects = read(fink(tmp_path / "a.parquet", given))
    assert [alert.candid for alert in alerts] == [1, 4]
    assert [(r.candid, r.reason) for r in rejects] == [(2, Reason.DAMAGED_CUTOUT), (3, Reason.MISSING_FIELD)]


def test_a_row_with_text_that_is_no_utf8_costs_only_itself(tmp_path):
    table = pa.Table.from_pylist([packet(1), packet(2, "bad"), packet(3)])
    broken = pa.array([b"ZTF18a", b"\xff\xfe", b"ZTF18c"], pa.binary()).view(pa.string())
    pq.write_table(table.set_column(table.column_names.index("objectId"), "objectId", broken), tmp_path / "a.parquet")
    alerts, (reject,) = read(tmp_path / "a.parquet")
    assert [alert.candid for alert in alerts] == [1, 3]
    assert reject.reason == Reason.DAMAGED_PACKET and reject.source.endswith("row 1")


def test_candids_that_went_through_a_float_are_rejected_rather_than_guessed(tmp_path):
    table = pa.Table.from_pylist([packet(CANDID)])
    floats = table.column("candid").cast(pa.float64(), safe=False)
    pq.write_table(table.set_column(table.column_names.index("candid"), "candid", floats), tmp_path / "a.parquet")
    reject = only_reject(tmp_path / "a.parquet")
    assert reject.reason == Reason.MISSING_FIELD


def test_a_parquet_that_is_not_finks(tmp_path):
    pq.write_table(pa.table({"candid": [1], "flux": [2.0]}), tmp_path / "a.parquet")
    reject = only_reject(tmp_path / "a.parquet")
    assert reject.reason == Reason.UNKNOWN_FORMAT


def test_a_parquet_whose_columns_only_share_their_names(tmp_path):
    names = ("candid", "objectId", "candidate", *CUTOUTS)
    pq.write_table(pa.table({name: [1, 2] for name in names}), tmp_path / "a.parquet")
    alerts, rejects = read(tmp_path / "a.parquet")
    assert alerts == [] and len(rejects) == 2


def test_a_parquet_without_rows(tmp_path):
    pq.write_table(pa.Table.from_pylist([packet()]).slice(0, 0), tmp_path / "a.parquet")
    assert only_reject(tmp_path / "a.parquet").reason == Reason.EMPTY


def test_a_damaged_parquet_is_one_reject(tmp_path):
    path = fink(tmp_path / "a.parquet", [packet(i) for i in range(3)])
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-4], whole[:4] + bytes(5000) + whole[5004:], whole[:8]):
        path.write_bytes(damaged)
        _, rejects = read(path)
        assert [r.reason for r in rejects] == [Reason.UNREADABLE]
        assert "\n" not in rejects[0].message
