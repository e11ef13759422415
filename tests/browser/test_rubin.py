"""Rubin alerts on the explore page: a click on a point shows its stamps at their own scale, and its light curve."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support import rubin
from tests.support.browser import clear_of_others, click_point, open_explore, wait_for_grids, wait_for_object
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.embeddings import embedding, projection
from ztfexplore.sources.lsst.packet import alert_from_packet

pytestmark = pytest.mark.browser

SIZES = (30, 51, 102)
BARS = {30: "2″", 51: "5″", 102: "5″"}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Sixty alerts of three sizes, twenty detections in six bands before each."""
    catalogue = Catalogue.create(tmp_path_factory.mktemp("rubin") / "rubin")
    ingest([alert_from_packet(made(number), "memory") for number in range(60)], catalogue)
    embedding.embed(catalogue, embedding.load_encoder(catalogue, "pca"))
    projection.project(catalogue, "pca")
    return catalogue.path


def made(number: int) -> dict:
    earlier = rubin.earlier(1100, "prvDiaSources", 20)
    for day, one in enumerate(earlier):
        one["band"] = "ugrizy"[day % 6]
    stamps = [rubin.cutout(rubin.picture(3 * number + channel, SIZES[number % 3])) for channel in range(3)]
    cutouts = dict(zip(rubin.FIELDS, stamps, strict=True))
    return rubin.packet(cutouts=cutouts, diaSourceId=rubin.SOURCE_ID + number, prvDiaSources=earlier)


@pytest.mark.parametrize("size", SIZES)
def test_a_click_shows_the_stamps_at_their_own_scale_and_six_bands(page, url, frame, size):
    open_explore(page, url)
    wait_for_grids(page)
    rows = [row for row in range(len(frame)) if SIZES[(int(frame["candid"][row]) - rubin.SOURCE_ID) % 3] == size]
    row = clear_of_others(page, rows, 0)[0]
    click_point(page, row, 0)
    wait_for_object(page, int(frame["candid"][row]))
    canvases = page.locator(".zx-viewer canvas")
    expect(canvases).to_have_count(3)
    assert canvases.first.evaluate("canvas => [canvas.width, canvas.height]") == [size, size]
    expect(page.locator(".zx-viewer-bar").first).to_have_text(BARS[size])
    for band in "ugrizy":
        expect(page.locator(".js-plotly-plot .legendtext", has_text=band).first).to_be_attached()
