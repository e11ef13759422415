"""Files that we write: whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ztfexplore.errors import ZtfexploreError
from ztfexplore.files import check_ending, replacing


@given(st.one_of(st.none(), st.binary(max_size=50)), st.lists(st.binary(max_size=20), max_size=4), st.integers(0, 5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wherever_the_writing_stops_the_file_is_the_old_one_or_the_new_one(tmp_path, before, pieces, stop):
    path = tmp_path / "out.csv"
    path.unlink(missing_ok=True)
    if before is not None:
        path.write_bytes(before)
    try:
        with replacing(path) as partial, partial.open("wb") as file:
            for number, piece in enumerate(pieces):
                if number == stop:
                    raise KeyboardInterrupt
                file.write(piece)
                assert (path.read_bytes() if path.exists() else None) == before, "whole until the end"
    except KeyboardInterrupt:
        assert (path.read_bytes() if path.exists() else None) == before
    else:
        assert path.read_bytes() == b"".join(pieces)
    assert [entry for entry in tmp_path.iterdir() if entry != path] == []


def test_folders_on_the_way_are_made(tmp_path):
    with replacing(tmp_path / "a" / "b" / "out.csv") as partial:
        partial.write_text("x")
    assert (tmp_path / "a" / "b" / "out.csv").read_text() == "x"


@pytest.mark.parametrize("code", (28, 5))
def test_a_disk_that_fails_is_told_in_one_line_that_names_the_file(tmp_path, code):
    path = tmp_path / "out.csv"
    path.write_text("old")

    def write() -> None:
        with replacing(path) as partial:
            partial.write_text("half")
            raise OSError(code, os.strerror(code))

    with pytest.raises(ZtfexploreError) as caught:
        write()
    message = str(caught.value)
    assert str(path) in message and os.strerror(code) in message and "\n" not in message
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_place_where_nothing_can_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ZtfexploreError) as caught, replacing(tmp_path / "file" / "out.csv") as partial:
        partial.write_text("x")
    assert str(tmp_path / "file" / "out.csv") in str(caught.value)
    (tmp_path / "folder").mkdir()
    with pytest.raises(ZtfexploreError), replacing(tmp_path / "folder") as partial:
        partial.write_text("x")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]


def test_the_errors_of_others_pass_through_untouched(tmp_path):
    with pytest.raises(ValueError, match="theirs"), replacing(tmp_path / "out.csv"):
        raise ValueError("theirs")


@pytest.mark.parametrize(
    ("name", "accepted"), (("a.csv", True), ("a.b.parquet", True), ("a.CSV", False), ("csv", False))
)
def test_an_ending_is_checked_before_any_work(tmp_path, name, accepted):
    if accepted:
        check_ending(tmp_path / name, ".csv", ".parquet")
    else:
        with pytest.raises(ZtfexploreError) as caught:
            check_ending(tmp_path / name, ".csv", ".parquet")
        assert all(word in str(caught.value) for word in (name, ".csv", ".parquet"))
