"""Uploading an alert by AppTest: its position, its neighbours, and files without an alert."""

from __future__ import annotations

import gzip
import shutil
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.fits import fits_bytes
from tests.support.packets import CANDID, CUTOUTS, avro, images, packet
from tests.support.pages import html
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.sources.simulation.simulate import simulate_alerts

GOOD = avro(packet(object_id="ZTF18<b>guest</b>"))


def host() -> None:
    """A page with the box and nothing else; the places on the maps as text."""
    import os
    from pathlib import Path

    import streamlit as st

    from ztfexplore.ui.explore import upload_box
    from ztfexplore.ui.server import view as resources

    view = resources.view(Path(os.environ["ZTFEXPLORE_CATALOGUE"]))
    uploaded = upload_box.show_upload_box(view, view.mapped)
    if uploaded is None:
        st.text("nothing uploaded")
    else:
        st.text(f"places {uploaded.positions}")
        upload_box.show_uploaded_alert(view, uploaded, str.upper)


@pytest.fixture
def page(monkeypatch, demo_catalogue) -> AppTest:
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(demo_catalogue))
    return AppTest.from_function(host, default_timeout=60).run()


def upload(page: AppTest, name: str, data: bytes) -> AppTest:
    page = page.file_uploader[0].set_value((name, data, "application/octet-stream")).run()
    assert not page.exception
    return page


def test_a_packet_is_placed_among_its_neighbours_in_every_encoder(page, demo_catalogue):
    assert page.text[0].value == "nothing uploaded"
    before = Catalogue.open(demo_catalogue).version
    page = upload(page, "alert.avro.gz", gzip.compress(GOOD))
    assert page.text[0].value.count("(") == 2, "a place on each map"
    shown = html(page)
    assert shown.count("zx-uploaded-alert-near") >= 24
    assert "ZTF18&lt;b&gt;guest" in shown and "<b>guest" not in shown
    assert str(CANDID) in shown
    assert any("SIMCLR" in element.value for element in page.markdown)
    assert "Simulated" in page.info[0].value, "the catalogue is of another kind"
    assert Catalogue.open(demo_catalogue).version == before


def test_a_neighbour_is_picked_and_the_uploaded_alert_stays(page, demo_catalogue):
    page = upload(page, "alert.avro", GOOD)
    button = next(button for button in page.button if button.key.startswith("uploaded-alert-near-simclr-"))
    row = int(button.key.rpartition("-")[2])
    frame = Catalogue.open(demo_catalogue).frame()
    assert frame["object_id"].iloc[row] in button.label.replace("\\", "")
    page = button.click().run()
    assert page.query_params["candid"] in (str(frame["candid"].iloc[row]), [str(frame["candid"].iloc[row])])
    assert page.text[0].value.startswith("places")


def test_it_stays_until_it_is_removed(page):
    page = upload(page, "alert.avro", GOOD)
    assert page.run().text[0].value.startswith("places")
    page = page.button(key="uploaded-alert-remove").click().run()
    assert page.text[0].value == "nothing uploaded"
    assert not page.file_uploader[0].value


def test_one_of_several_alerts_is_chosen(page):
    page = upload(page, "two.avro", avro(packet(CANDID, "first"), packet(CANDID + 1, "second")))
    assert "<h3>first</h3>" in html(page)
    page = page.selectbox(key="uploaded-alert-chosen").select(1).run()
    assert "<h3>second</h3>" in html(page)
    assert page.run().selectbox(key="uploaded-alert-chosen").value == 1


BAD = {
    "no alert": b"<html>",
    "nothing": b"",
    "a bomb": gzip.compress(GOOD[:4] + bytes(80 * 1024**2)),
    "cut off": GOOD[:3000],
    "wrong schema": avro(packet(), without=["candidate"]),
    "blank": avro(packet(pixels=np.full((3, 63, 63), np.nan, "f4"))),
    "no cutout": avro(packet(cutouts={CUTOUTS[1]: b"junk"})),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_what_is_no_alert_is_said_and_the_next_file_works(page, data):
    page = upload(page, "<b>bad.avro", data)
    assert page.text[0].value == "nothing uploaded"
    (said,) = [warning.value for warning in page.warning]
    assert "bad" in said and "<b>" not in said.replace("\\<", "")
    page = upload(page, "alert.avro", GOOD)
    assert not page.warning and page.text[0].value.startswith("places")


def test_a_night_is_too_large(page, monkeypatch):
    monkeypatch.setattr("ztfexplore.embeddings.uploaded_alert.LARGEST_UPLOAD", 2 * 1024**2)
    page = upload(page, "night.tar.gz", bytes(3 * 1024**2))
    assert "3 MB" in page.warning[0].value and "2 MB is the limit" in page.warning[0].value
    assert not page.file_uploader[0].value, "it is not kept"
    assert upload(page, "alert.avro", GOOD).text[0].value.startswith("places")


def test_an_image_that_fits_no_encoder_is_shown_with_the_reason(page):
    page = upload(page, "M51.fits", fits_bytes(images()[0]))
    assert page.text[0].value == "places [None, None]"
    assert len(page.warning) == 2
    assert all("takes 3 channels" in warning.value for warning in page.warning)
    assert "M51" in html(page)


def test_an_alert_of_the_catalogue_is_known(page, monkeypatch, tmp_path, demo_catalogue):
    path = tmp_path / "known"
    shutil.copytree(demo_catalogue, path)
    known = replace(next(simulate_alerts(1, seed=99)), survey="ztf", candid=CANDID)
    Catalogue.open(path).add([known])
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(path))
    page = upload(page, "alert.avro", GOOD)
    assert any("already" in info.value for info in page.info)


def test_a_light_curve_is_shown_where_there_is_one(page):
    from tests.support.packets import previous

    page = upload(page, "old.avro", avro(packet(previous=[previous(2458990.5, magpsf=19.5)])))
    assert len(page.get("plotly_chart")) == 1
