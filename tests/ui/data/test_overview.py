"""The table of all catalogues, what one of them holds, and the link that keeps both."""

from __future__ import annotations

import shutil
from dataclasses import replace

from tests.support.pages import in_url, notices
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.sources.simulation.simulate import simulate_alerts
from ztfexplore.ui.data import overview


def test_all_catalogues_are_listed_and_a_broken_one_breaks_nothing(data, open_data):
    ingest(simulate_alerts(20, seed=5), Catalogue.create(data / "other"))
    (data / "ruin" / "_versions").mkdir(parents=True)
    (data / "ruin" / "_versions" / "1.manifest").write_bytes(b"x")
    page = open_data("all", catalogue="other")
    assert not page.exception
    table = page.dataframe[0].value.set_index("name")
    assert set(table.index) == {"demo", "other", "ruin"}
    assert table.loc["demo", "alerts"] == 150 and table.loc["other", "alerts"] == 20
    assert table.loc["demo", "embedded"] == "simclr, s-simclr" and table.loc["demo", "mapped"] == "all of them"
    assert table.loc["other", "embedded"] == "" and table.loc["other", "survey"] == "Simulated (ZTF-like)"
    assert len(page.warning) == 1 and "ruin" in notices(page)
    assert not open_data("counts", catalogue="ruin").exception


def test_counts_are_those_of_the_catalogue(data, open_data):
    page = open_data("counts")
    frame = Catalogue.open(data / "demo").frame()
    assert f"**{len(frame):,}** alerts" in page.markdown[0].value
    assert [len(page.get("plotly_chart")), len(page.get("download_button"))] == [3, 3]


def test_peoples_labels_count(data, open_data):
    catalogue = Catalogue.open(shutil.copytree(data / "demo", data / "kept"))
    before = open_data("counts", catalogue="kept").markdown[0].value
    record = catalogue.frame().iloc[0]
    Annotations.open(data / "kept").add([int(record["candid"])], "comet", "me", record["survey"])
    sources = open_data("origin", catalogue="kept").dataframe[1].value
    assert sources.loc[sources["class"] == "comet", "assigned by"].tolist() == ["person:me"]
    assert "comet" in open_data("counts", catalogue="kept").get("plotly_chart")[0].proto.spec
    assert open_data("counts", catalogue="kept").markdown[0].value == before


def test_the_chosen_section_and_catalogue_are_in_the_link(data, open_data):
    ingest(simulate_alerts(20, seed=5), Catalogue.create(data / "other"))
    page = open_data("all")
    for section in ("origin", "rejects", "counts"):
        page = page.get("button_group")[0].set_value(section).run()
        assert in_url(page, "section") == section
    page = page.selectbox[0].select("demo").run()
    assert "**150** alerts" in page.markdown[0].value
    page = page.selectbox[0].select("other").run()
    assert in_url(page, "catalogue") == "other"
    assert "**20** alerts" in page.markdown[0].value


def test_a_ticked_row_chooses_that_catalogue_and_drops_the_picked_object(monkeypatch):
    put = {}
    monkeypatch.setattr(overview.state, "put", put.__setitem__)
    session = {overview.TABLE: {"selection": {"rows": [1]}}}
    monkeypatch.setattr(overview.st, "session_state", session)
    overview._choose_row(["demo", "other"])
    assert put == {"catalogue": "other", "candid": None}
    put.clear()
    for rows in ([], [7]):  # it was unticked, or is gone
        session[overview.TABLE] = {"selection": {"rows": rows}}
        overview._choose_row(["demo", "other"])
    assert put == {}


def test_what_has_no_class_no_band_and_no_date_says_so_instead_of_a_chart(data, open_data):
    bare = [replace(one, label=None, label_source=None, band=None, mjd=None) for one in simulate_alerts(5, seed=5)]
    Catalogue.create(data / "bare").add(bare)
    page = open_data("counts", catalogue="bare")
    assert not page.exception and not page.get("plotly_chart") and len(page.info) == 3
    assert str(data / "bare") in page.code[0].value, "the command that adds labels"
