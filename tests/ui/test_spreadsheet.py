"""Tables for spreadsheets: nothing in a cell may run as a formula."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from ztfexplore.ui.spreadsheet import safe_csv


def test_a_table_holds_nothing_that_a_spreadsheet_would_run():
    table = pd.DataFrame({"name": ["=1+1", "-12", "SN", None], "x": [-1.5, 2, 3, 4]})
    assert safe_csv(table).decode().splitlines() == ["name,x", "'=1+1,-1.5", "-12,2.0", "SN,3.0", ",4.0"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_every_way_to_begin_a_formula_is_escaped(start):
    cell = f"{start}cmd|' /C calc'!A0"
    again = pd.read_csv(io.BytesIO(safe_csv(pd.DataFrame({"name": [cell]}))))
    assert again["name"].tolist() == ["'" + cell.replace("\r", "\n")]


def test_a_carriage_return_begins_no_line_of_its_own():
    again = pd.read_csv(io.BytesIO(safe_csv(pd.DataFrame({"name": ["SN\r=1+1", "VS"]}))))
    assert again["name"].tolist() == ["SN\n=1+1", "VS"]
