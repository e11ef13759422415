"""Where alerts, labels and embeddings came from, and the search in what was rejected."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from tests.support.packets import CANDID
from ztfexplore.alerts.alert import Reason
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.overview.inventory import EncoderState
from ztfexplore.ui.data import origin


def test_provenance_names_sources_label_sources_weights_and_versions(data, open_data):
    page = open_data("origin")
    sources, labels, weights, history = (table.value for table in page.dataframe)
    assert sources["alerts"].sum() == 150 and sources["first"].notna().all()
    assert list(labels["assigned by"].unique()) == ["simulated"] and labels["alerts"].sum() == 150
    assert weights["alerts"].tolist() == [150] * 2 and weights["weights"].nunique() == 1
    assert history["version"].iloc[0] == Catalogue.open(data / "demo").version
    assert history["change"].iloc[-2] == "150 added"


def test_rejects_are_counted_searched_and_never_html(data, open_data):
    with (data / "demo" / "rejects.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["candid", "source", "reason"])
        rows.writerow([CANDID, "<b>night</b>.tar", f"{Reason.DAMAGED_CUTOUT}: science: <img src=x>"])
        rows.writerow(["", "=cmd()", f"{Reason.UNKNOWN_FORMAT}: not an Avro file"])
    page = open_data("rejects")
    assert not page.exception
    reasons, lines = (table.value for table in page.dataframe)
    assert set(reasons["reason"]) == {Reason.DAMAGED_CUTOUT, Reason.UNKNOWN_FORMAT}
    assert lines["candid"].iloc[0] == str(CANDID)
    page = page.text_input(key="rejects-search").input("NIGHT").run()
    assert len(page.dataframe[1].value) == 1
    page = page.text_input(key="rejects-search").input("nowhere").run()
    assert len(page.dataframe) == 1 and len(page.info) == 1


def test_rejects_of_one_reason_are_chosen(data, open_data):
    lines = ["candid,source,reason", *(f"{n},a.tar,no cutout: x" for n in range(3)), "9,a.tar,damaged cutout: y"]
    (data / "demo" / "rejects.csv").write_text("\n".join(lines) + "\n")
    page = open_data("rejects").selectbox(key=origin.KIND).select("no cutout").run()
    assert not page.exception
    assert set(page.dataframe[1].value["reason"]) == {"no cutout: x"} and len(page.dataframe[1].value) == 3


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"other,columns\n1,2\n", b"candid,source,reason\n1,2\n"])
def test_a_damaged_list_of_rejects_is_no_trouble(data, open_data, content):
    (data / "demo" / "rejects.csv").write_bytes(content)
    assert not open_data("rejects").exception


def test_weights_are_judged_by_what_is_shipped(data):
    state = EncoderState("simclr", 5, 5, "a" * 64, "a" * 64, 5, None)
    judged = [
        origin._judged(replace(state, **change))
        for change in ({}, {"weights": "b" * 64}, {"name": "pca", "shipped": None}, {"name": "own", "shipped": None})
    ]
    assert len(set(judged)) == 4 and "outdated" in judged[1] and "baseline" in judged[2]
