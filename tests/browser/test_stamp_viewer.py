"""The stamp viewer in Chromium on a blank page: it draws what display.stretch computes, and what its controls say."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.browser import browser_page
from ztfexplore.alerts.survey import Survey
from ztfexplore.alerts.surveys.fits import FITS
from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.alerts.surveys.ztf import ZTF
from ztfexplore.display import stretch as display
from ztfexplore.display.viewer_message import viewer_message
from ztfexplore.sources import hubble
from ztfexplore.sources.fink_parquet import read_file
from ztfexplore.sources.simulation.simulate import simulate_alerts
from ztfexplore.ui.server.assets import FOLDER

pytestmark = pytest.mark.browser

ORIGIN = "http://viewer.test"
MOUNT = """async ([message, pixels]) => {
    const { mountStamps } = await import("/stamp_viewer/stamp_viewer.js");
    const raw = Uint8Array.from(atob(pixels), (c) => c.charCodeAt(0));
    window.mountAgain = (more) => mountStamps(document.getElementById("here"),
        { ...message, pixels: new Float32Array(raw.buffer), objectId: "ZTF<b>1", ...more });
    window.mountAgain({});
}"""
CANVAS = """(index) => {
    const { width, height } = document.querySelectorAll("#here canvas")[index];
    const context = document.querySelectorAll("#here canvas")[index].getContext("2d");
    return [width, height, [...context.getImageData(0, 0, width, height).data]];
}"""


@pytest.fixture(scope="module")
def page(chromium) -> Iterator:
    """A page that can import the scripts and holds nothing else."""

    def answer(route) -> None:
        name = route.request.url.removeprefix(ORIGIN + "/")
        if name.endswith((".js", ".css")):
            kind = "text/javascript" if name.endswith(".js") else "text/css"
            route.fulfill(body=(FOLDER / name).read_text(encoding="utf-8"), content_type=kind)
        else:
            html = "<link rel=stylesheet href=/stamp_viewer/stamp_viewer.css><div id=here style='width:330px'></div>"
            route.fulfill(body=f"<!doctype html><body>{html}</body>", content_type="text/html")

    with browser_page(chromium) as opened:
        opened.route(f"{ORIGIN}/**", answer)
        yield opened


def mount(page, stamp: np.ndarray, survey: Survey = ZTF, pixel_scale: float | None = 1.01, forget: bool = True) -> None:
    page.goto(ORIGIN)
    if forget:
        page.evaluate("sessionStorage.clear()")
        page.goto(ORIGIN)
    pixels = base64.b64encode(np.ascontiguousarray(stamp, dtype="<f4").tobytes()).decode()
    page.evaluate(MOUNT, [viewer_message(stamp, survey, pixel_scale), pixels])


def drawn(page, index: int) -> np.ndarray:
    """A canvas as uint8 (height, width, 4), its first row at the bottom as in the stamp."""
    width, height, data = page.evaluate(CANVAS, index)
    return np.array(data, dtype=np.uint8).reshape(height, width, 4)[::-1]


def choose(page, control: str, value: str) -> None:
    page.get_by_label(control, exact=True).select_option(value)


def assert_same(seen: np.ndarray, expected: np.ndarray, good: np.ndarray) -> None:
    assert ((seen[..., 3] == 255) == good).all(), "what was not measured is transparent, all else is not"
    difference = seen[..., 0].astype(int) - expected
    assert np.abs(difference[good]).max() <= 1
    assert (seen[..., :1] == seen[..., 1:3]).all()


def real_stamp(shared_data) -> np.ndarray:
    return next(read_file(shared_data / "fink" / "fink_alerts.parquet", lambda count: None)).stamp


def edge_cut() -> np.ndarray:
    """A simulated stamp with no detector on its right, and a fill value."""
    stamp = next(simulate_alerts(1, seed=5)).stamp.copy()
    stamp[:, :, 50:] = np.nan
    stamp[0, 3, 4], stamp[1, 5, 6] = 3.4e38, np.inf
    return stamp


@pytest.mark.real_data
def test_a_real_stamp_is_drawn_as_the_library_stretches_it(page, shared_data):
    stamp = real_stamp(shared_data)
    mount(page, stamp)
    expected, good = display.stretch(stamp, [False, False, True])
    for channel in range(3):
        assert_same(drawn(page, channel), expected[channel], good[channel])


@pytest.mark.parametrize("shape", [None, (1, 13, 13), (1, 40, 21), (12, 30, 30)], ids=str)
def test_any_stamp_is_drawn_as_the_library_stretches_it(page, shape):
    rng = np.random.default_rng(1)
    stamp = edge_cut() if shape is None else rng.normal(100, 7, shape).astype(np.float32)
    survey = ZTF if shape is None else FITS
    mount(page, stamp, survey, None)
    signed = display.signed_channels(stamp, survey)
    expected, good = display.stretch(stamp, signed)
    assert page.locator("#here canvas").count() == len(stamp)
    for channel in range(len(stamp)):
        assert_same(drawn(page, channel), expected[channel], good[channel])


def test_linear_zscale_and_percentiles_are_what_their_names_say(page):
    stamp = edge_cut()
    mount(page, stamp)
    message = viewer_message(stamp, ZTF, 1.01)
    good = display.good_pixels(stamp)

    def linear(channel: int, low: float, high: float) -> np.ndarray:
        values = np.where(good[channel], stamp[channel], 0).astype(float)
        return np.floor(np.clip((values - low) / (high - low), 0, 1) * 255)

    choose(page, "Stretch", "linear")
    level, sigma, white = (message["limits"][0][name] for name in ("level", "sigma", "white"))
    assert_same(drawn(page, 0), linear(0, level - 3 * sigma, level + white * sigma), good[0])
    level, reach = message["limits"][2]["level"], message["limits"][2]["white"] * message["limits"][2]["sigma"]
    assert_same(drawn(page, 2), linear(2, level - reach, level + reach), good[2])
    choose(page, "Stretch", "zscale")
    for channel in range(3):
        assert_same(drawn(page, channel), linear(channel, *message["limits"][channel]["zscale"]), good[channel])
    assert page.get_by_label("Limits", exact=True).is_disabled(), "ZScale is a rule for the limits"
    choose(page, "Stretch", "linear")
    choose(page, "Limits", "percentile")
    page.get_by_label("Percentile shown as black").fill("5")
    page.get_by_label("Percentile shown as white").fill("80")
    low, high = np.percentile(stamp[0][good[0]], [5, 80])
    assert_same(drawn(page, 0), linear(0, low, high), good[0])
    page.get_by_label("Percentile shown as white").fill("2")  # below black: the last that made sense stays
    assert_same(drawn(page, 0), linear(0, low, high), good[0])
    expect(page.locator(".zx-wrong")).to_have_count(1)


def test_zero_flux_is_mid_grey_in_a_difference_image(page):
    stamp = edge_cut()
    level = viewer_message(stamp, ZTF, 1.01)["limits"][2]["level"]
    stamp[2, 30, 30] = level
    mount(page, stamp)
    for stretch, limits in (("asinh", "automatic"), ("linear", "automatic"), ("linear", "percentile")):
        choose(page, "Stretch", stretch)
        choose(page, "Limits", limits)
        assert abs(int(drawn(page, 2)[30, 30, 0]) - 127) <= 2, (stretch, limits)


def test_colours_invert_and_outlive_the_object(page):
    stamp = edge_cut()
    mount(page, stamp)
    plain = drawn(page, 0)
    page.get_by_role("button", name="Invert").click()
    assert (drawn(page, 0)[plain[..., 3] == 255, 0] == 255 - plain[plain[..., 3] == 255, 0]).all()
    page.get_by_role("button", name="Invert").click()
    choose(page, "Colours", "viridis")
    coloured = drawn(page, 0)
    assert tuple(coloured[plain[..., 0].argmin() // 63, plain[..., 0].argmin() % 63]) != (0, 0, 0, 255)
    assert not (coloured[..., 0] == coloured[..., 2]).all()
    page.evaluate("window.mountAgain({ objectId: 'another' })")
    assert (drawn(page, 0) == coloured).all()
    mount(page, stamp, forget=False)  # the page anew: the tab remembers
    assert (drawn(page, 0) == coloured).all()


def test_pointing_at_a_pixel_says_its_value_and_moves_nothing(page):
    stamp = edge_cut()
    mount(page, stamp)
    heights = set()

    def point(channel: int, x: int, y: int) -> str:
        box = page.locator("#here canvas").nth(channel).bounding_box()
        page.mouse.move(box["x"] + (x + 0.5) * box["width"] / 63, box["y"] + (63 - y - 0.5) * box["height"] / 63)
        heights.add(page.locator(".zx-viewer").bounding_box()["height"])
        return page.locator(".zx-viewer-line").inner_text()

    heights.add(page.locator(".zx-viewer").bounding_box()["height"])
    said = point(1, 20, 41)
    assert "template" in said and "x 20, y 41" in said
    assert float(said.split()[1]) == pytest.approx(float(stamp[1, 41, 20]), rel=1e-5)
    assert "\u221211.1, +10.1 arcsec" in said
    assert "no measurement" in point(0, 60, 10)
    assert "no measurement" in point(0, 4, 3)
    page.mouse.move(5, 700)
    assert "Point at a pixel" in page.locator(".zx-viewer-line").inner_text()
    assert len(heights) == 1


def test_the_scale_bar_is_as_long_as_it_says(page):
    mount(page, edge_cut())
    bar = page.locator(".zx-viewer-bar")
    assert bar.inner_text() == "30″"
    share = bar.bounding_box()["width"] / page.locator("#here canvas").first.bounding_box()["width"]
    assert share == pytest.approx(30 / (63 * 1.01), rel=0.03)
    mount(page, edge_cut(), ZTF, None)
    assert bar.count() == 0


def test_a_colour_composite_comes_first_and_many_channels_are_cut(page):
    galaxy = next(hubble.read_hubble())
    mount(page, galaxy.stamp, HUBBLE, 0.138)
    names = page.locator("#here figcaption").all_inner_texts()
    assert names == ["colour", "red", "green", "blue"]
    expected = np.asarray(Image.open(io.BytesIO(display.composite_png(galaxy.stamp, HUBBLE))))[::-1]
    seen = drawn(page, 0)
    assert np.abs(seen[..., :3].astype(int) - expected[..., :3])[expected[..., 3] == 255].max() <= 1
    for stretch in ("linear", "zscale"):
        choose(page, "Stretch", stretch)
    many = np.random.default_rng(0).normal(size=(64, 16, 16)).astype(np.float32)
    mount(page, many, FITS, None)
    expect(page.locator("#here canvas")).to_have_count(12)
    assert "first 12 of 64" in page.locator(".zx-viewer-note").inner_text()


def test_blank_and_constant_stamps_are_drawn(page):
    stamp = np.stack([np.full((21, 21), np.nan), np.zeros((21, 21)), np.ones((21, 21))]).astype(np.float32)
    mount(page, stamp)
    for stretch in ("asinh", "linear", "zscale"):
        choose(page, "Stretch", stretch)
        assert (drawn(page, 0)[..., 3] == 0).all()
        assert (drawn(page, 1)[..., 3] == 255).all()
    choose(page, "Stretch", "linear")
    choose(page, "Limits", "percentile")
    assert (drawn(page, 0)[..., 3] == 0).all()


def test_saving_gives_a_png_named_after_the_object(page, tmp_path):
    mount(page, edge_cut())
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the pictures").click()
    assert waiting.value.suggested_filename == "ZTF_b_1.png"
    waiting.value.save_as(tmp_path / "saved.png")
    saved = Image.open(tmp_path / "saved.png")
    assert saved.width > 3 * 252 and saved.height > 252
    assert len(saved.getcolors(1 << 16)) > 100


def test_a_large_stamp_is_drawn_again_at_once(page):
    stamp = np.random.default_rng(0).normal(size=(3, 512, 512)).astype(np.float32)
    mount(page, stamp, FITS, None)
    milliseconds = page.evaluate(
        "() => { const t = performance.now(); window.mountAgain({}); return performance.now() - t; }"
    )
    assert milliseconds < 500
