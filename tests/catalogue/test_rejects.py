"""The list of rejects: read back as it was written, counted, searched; a damaged one is named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.support.errors import refused
from ztfexplore.alerts.alert import Reason, Reject
from ztfexplore.catalogue import rejects
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.errors import ZtfexploreError

HEAD = "candid,source,reason\n"


def test_it_is_read_with_candids_as_text_and_a_torn_last_line_left_out(tmp_path):
    path = rejects.path_of(tmp_path)
    path.write_text(
        f'{HEAD}2481523242515015006,night.tar:1.avro,"damaged packet: cut, off"\n,b.txt,unknown format\n12,c'
    )
    found = rejects.read_rejects(path)
    assert found["candid"].tolist() == ["2481523242515015006", ""]
    assert found["reason"].tolist() == ["damaged packet: cut, off", "unknown format"]


def test_without_a_file_it_is_empty_and_another_file_is_named(tmp_path):
    path = rejects.path_of(tmp_path)
    assert list(rejects.read_rejects(path).columns) == list(rejects.COLUMNS) and rejects.read_rejects(path).empty
    path.write_text("a,b\n1,2\n")
    with refused(ZtfexploreError, path):
        rejects.read_rejects(path)
    path.write_text("")
    assert rejects.read_rejects(path).empty


def test_rejects_are_counted_by_reason_and_searched_in_any_case():
    table = rejects.table(
        [
            Reject("a.avro", Reason.BLANK_CUTOUT, "no good pixel", 7, "ZTF18a"),
            Reject("B.avro", Reason.BLANK_CUTOUT, "no good pixel"),
            Reject("c.txt", Reason.UNKNOWN_FORMAT),
        ]
    )
    counts = rejects.by_reason(table)
    assert list(zip(counts["reason"], counts["rejects"], strict=True)) == [
        (str(Reason.BLANK_CUTOUT), 2),
        (str(Reason.UNKNOWN_FORMAT), 1),
    ]
    assert rejects.matching(table, " b.AVRO ")["source"].tolist() == ["B.avro"]
    assert rejects.matching(table, "ztf18")["candid"].tolist() == ["7"]
    assert rejects.matching(table, "", str(Reason.UNKNOWN_FORMAT))["source"].tolist() == ["c.txt"]
    assert rejects.matching(table, "[", None).empty, "the text is not a pattern"


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
