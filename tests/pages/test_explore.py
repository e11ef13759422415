"""The explore page by AppTest: alone, as a cold deep link runs it, and through app.py."""

from __future__ import annotations

import pytest

from tests.support.pages import html, messages, neighbours, open_page
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.sources.simulation.simulate import simulate_alerts


def test_the_page_shows_both_maps_and_explains_itself(script):
    page = open_page(script)
    assert not page.exception
    sent = messages(page)
    titles = [panel["title"] for panel in sent["maps"]["panels"]]
    assert [title.split(" ")[0] for title in titles] == ["SimCLR", "S-SimCLR"]
    assert all("trustworthiness" in title for title in titles)
    assert {entry["name"] for entry in sent["maps"]["colour"]["entries"]} == {"AGN", "SN", "VS", "asteroid", "bogus"}
    assert sent["panel"]["like"] == []
    assert any("Click a point" in element.value for element in page.markdown)


def test_simulated_alerts_are_marked(script, demo_catalogue):
    candid = int(Catalogue.open(demo_catalogue).frame()["candid"].iloc[0])
    page = open_page(script, candid=str(candid))
    sent = messages(page)
    assert "simulated" in sent["maps"]["note"]
    assert all(item["simulated"] for item in neighbours(page)["like"])
    assert all(item["simulated"] for panel in neighbours(page)["panels"] for item in panel["items"])


def test_a_deep_link_opens_the_object_with_its_neighbours(script, demo_catalogue):
    frame = Catalogue.open(demo_catalogue).frame()
    # Two candids that a float cannot tell apart.
    first, second = (int(candid) for candid in frame["candid"].iloc[[7, 8]])
    assert float(first) == float(second)
    for candid, row in ((first, 7), (second, 8)):
        page = open_page(script, candid=str(candid))
        assert not page.exception
        assert messages(page)["panel"]["like"] == [row]
        panel = neighbours(page)
        assert panel["like"][0]["candid"] == str(candid)
        assert messages(page)["stamps"]["name"] == frame["object_id"].iloc[row]
        assert str(candid) in html(page)
        assert [len(side["items"]) for side in panel["panels"]] == [12, 12]
        for side in panel["panels"]:
            distances = [item["distance"] for item in side["items"]]
            assert distances == sorted(distances)
            assert str(candid) not in {item["candid"] for item in side["items"]}


def test_shared_neighbours_are_counted(script, demo_catalogue):
    candid = int(Catalogue.open(demo_catalogue).frame()["candid"].iloc[3])
    found = neighbours(open_page(script, candid=str(candid)))
    left, right = found["panels"]
    both = {item["candid"] for item in left["items"]} & {item["candid"] for item in right["items"]}
    assert {item["candid"] for item in left["items"] if item["shared"]} == both
    assert f"{len(both)} of 12 in both" in found["overlap"]
    assert f"Jaccard index {len(both) / (24 - len(both)):.2f}" in found["overlap"]


@pytest.mark.parametrize("candid", ["123", "not a number", "-1", "1e18", "9" * 40])
def test_an_unknown_candid_is_said_so(script, candid):
    page = open_page(script, candid=candid)
    assert not page.exception
    assert len(page.warning) == 1
    assert candid in page.warning[0].value
    assert messages(page)["panel"]["like"] == []


def test_colours_and_encoders_come_from_the_link(script):
    page = open_page(script, colour="magnitude", left="s-simclr", right="simclr")
    sent = messages(page)
    assert sent["maps"]["colour"]["kind"] == "numbers"
    assert "mag" in sent["maps"]["colour"]["title"]
    assert sent["maps"]["panels"][0]["title"].startswith("S-SimCLR")


def test_nonsense_in_the_link_falls_back(script):
    page = open_page(script, colour="nope", left="nope", catalogue="nope")
    assert not page.exception
    assert messages(page)["maps"]["colour"]["kind"] == "categories"


def test_a_catalogue_without_maps_says_what_to_do(script, monkeypatch, tmp_path):
    path = tmp_path / "bare"
    ingest(simulate_alerts(20, seed=1), Catalogue.create(path))
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(path))
    page = open_page(script)
    assert not page.exception
    assert len(page.error) == 1 and "bare" in page.error[0].value
    assert "ztfexplore embed" in page.code[0].value


def test_a_folder_that_is_no_catalogue_is_named(script, monkeypatch, tmp_path):
    (tmp_path / "photos").mkdir()
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(tmp_path / "photos"))
    page = open_page(script)
    assert not page.exception
    assert "photos" in page.error[0].value


def test_names_from_packets_are_never_html(script, monkeypatch, tmp_path, demo_catalogue):
    import shutil
    from dataclasses import replace

    path = tmp_path / "hostile"
    shutil.copytree(demo_catalogue, path)
    evil = replace(next(simulate_alerts(1, seed=9)), object_id="<img src=x onerror=alert(1)>", label="<b>SN</b>")
    catalogue = Catalogue.open(path)
    catalogue.add([evil])
    from tests.support.catalogues import embed_and_project

    embed_and_project(catalogue)
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(path))
    page = open_page(script, candid=str(evil.candid))
    assert not page.exception
    assert "<img src=x" not in html(page)
    assert messages(page)["stamps"]["name"] == evil.object_id  # the browser shows it as text


def test_the_demo_is_built_when_there_is_nothing(monkeypatch, tmp_path):
    """The page builds a (small) demo by itself and shows it."""
    monkeypatch.delenv("ZTFEXPLORE_CATALOGUE", raising=False)
    monkeypatch.setattr("ztfexplore.paths.DATA", tmp_path)
    monkeypatch.setattr("ztfexplore.paths.DEMO", tmp_path / "demo")
    monkeypatch.setattr("ztfexplore.demo.build.__defaults__", (lambda text, share: None, 60))
    page = open_page("pages/explore.py")
    assert not page.exception
    assert len(Catalogue.open(tmp_path / "demo")) == 60
    assert "simulated" in messages(page)["maps"]["note"]
