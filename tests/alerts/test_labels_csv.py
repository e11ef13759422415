"""Labels files: what is read, what is left out, and that an ambiguous candid is refused and never rounded."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.errors import refused
from tests.support.packets import CANDID
from ztfexplore.alerts.labels_csv import Label, read_labels
from ztfexplore.errors import LabelsError


@pytest.fixture
def labels_csv(tmp_path):
    """Writes a labels file: text, or bytes as they are."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "labels.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def test_labels_by_candid_with_their_source(labels_csv):
    rows = [f"{CANDID},ZTF18a,SN,TNS,x", f"{CANDID + 1},ZTF18b,VS,VSX,y"]
    path = labels_csv("\n".join(["candid,objectId,label,label_source,file", *rows, ""]))
    assert read_labels(path) == {CANDID: Label("SN", "TNS"), CANDID + 1: Label("VS", "VSX")}


def test_columns_may_stand_in_any_order_and_the_source_may_lack(labels_csv):
    assert read_labels(labels_csv("label,candid\nSN,1\n")) == {1: Label("SN", None)}
    assert read_labels(labels_csv("label_source,label,candid\n,SN,1\n")) == {1: Label("SN", None)}


@pytest.mark.parametrize("row", ["2,", "2,   ", "2", "notanumber,"])
def test_a_row_without_a_label_is_left_out(labels_csv, row):
    assert list(read_labels(labels_csv(f"candid,label\n1,SN\n{row}\n\n3,VS\n"))) == [1, 3]


def test_the_last_of_several_rows_about_one_candid_wins(labels_csv):
    assert read_labels(labels_csv("candid,label\n1,SN\n1,VS\n")) == {1: Label("VS", None)}


@pytest.mark.parametrize("text", ["candid,label\n1,NA\n", "candid,label\n1,null\n", "candid,label\n1,nan\n"])
def test_a_class_is_text_whatever_it_is_called(labels_csv, text):
    assert read_labels(labels_csv(text))[1].label == text.splitlines()[1].partition(",")[2]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfcandid,label\r\n1,SN\r\n",
        b'"candid","label"\n"1","SN"\n',
        b" candid , label \n 1 , SN \n",
        b"candid,label\n1,SN,more,columns\n",
        b"candid,label\n1,SN",
    ],
)
def test_what_other_programs_write_is_read(labels_csv, content):
    assert read_labels(labels_csv(content)) == {1: Label("SN", None)}


@pytest.mark.parametrize(
    "candid", ["1.0e18", "2.48152324251502e+18", "2481523242515015006.0", "12abc", "", "1_000", "0x10", "nan", "2" * 20]
)
def test_a_candid_that_is_no_integer_is_named_with_its_line(labels_csv, candid):
    path = labels_csv(f"candid,label\n1,SN\n\n{candid},VS\n")
    with refused(LabelsError, path, "line 4", candid[:19]):
        read_labels(path)


@pytest.mark.parametrize("candid", [2**63 - 1, -(2**63), -121540793515135002, 0])
def test_every_64_bit_integer_is_a_candid(labels_csv, candid):
    assert list(read_labels(labels_csv(f"candid,label\n{candid},SN\n"))) == [candid]


@pytest.mark.parametrize(
    ("content", "missing"),
    [
        (b"", ["candid", "label"]),
        (b"candid\n1\n", ["label"]),
        (b"candid;label\n1;SN\n", ["candid", "label"]),
        (b"\xff\xfe\x00candid", []),
        (b'candid,label\n1,"' + b"x" * 200_000 + b'"\n', []),
    ],
)
def test_a_file_that_is_no_labels_file_says_so(labels_csv, content, missing):
    path = labels_csv(content)
    with refused(LabelsError, path, *missing):
        read_labels(path)


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    with refused(LabelsError, tmp_path / "nowhere.csv"):
        read_labels(tmp_path / "nowhere.csv")
    with refused(LabelsError, tmp_path):
        read_labels(tmp_path)


@given(st.binary(max_size=200) | st.text("candil,\n\"'1-e.\r\t ", max_size=80).map(lambda text: text.encode()))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_content_raises_anything_but_a_labels_error(labels_csv, content):
    path = labels_csv(b"candid,label\n" + content)
    with contextlib.suppress(LabelsError):
        read_labels(path)
