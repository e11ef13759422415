"""How fast is plotly.js by itself? Its own hover, pan, zoom and box against those of the maps.

Two maps of invented points, five classes, side by side in headless Chromium: once as plotly draws them with its own
hover (closest point), drag (pan), wheel and box, once as our component draws them. Times are medians from an event in
the page until its effect is painted, in milliseconds; reading one pixel waits until WebGL has finished drawing. Also:
how many lines of code our side takes.

Usage: python benchmarks/maps_engine.py [--points 100000] [--points 1000000] [--write FILE]
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from playwright.sync_api import Page, Route  # noqa: E402

from benchmarks import _results  # noqa: E402
from tests.support.browser import browser_page  # noqa: E402
from ztfexplore.display.colours import PALETTE, SYMBOLS  # noqa: E402
from ztfexplore.ui.components.linked_maps.maps import HTML  # noqa: E402
from ztfexplore.ui.server.assets import FOLDER, code  # noqa: E402
from ztfexplore.ui.server.routes import PLOTLY  # noqa: E402

ORIGIN = "http://maps.test"
CLASSES = 5
CLUSTERS = 40
REPEATS = 9
SLOW_REPEATS = 3  # of what takes seconds
SLOW_MS = 1500
PATIENCE_MS = 120_000
# Files by purpose; the component's other files are needed with any engine.
PARTS = {
    "camera": ["camera.js", "viewport.js"],
    "pointer": ["pointer.js", "polygon.js", "grid.js"],
    "overlay": ["overlay.js"],
    "plotly": ["maps.js", "traces.js", "watch.js", "colours.js"],
}

TIMING = """
window.paint = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => {
    for (const canvas of document.querySelectorAll('.gl-canvas')) {
        const gl = canvas.getContext('webgl');
        if (gl) gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    }
    resolve();
})));
window.watch = (event, holds) => {
    window.took = null;
    addEventListener(event, () => {
        const start = performance.now();
        const look = () => holds() ? paint().then(() => { window.took = performance.now() - start; })
            : requestAnimationFrame(look);
        look();
    }, { capture: true, once: true });
};
"""
OURS = """async (data) => {
    const { mount } = await import("/code/linked_maps/main.js");
    mount({ data, parentElement: document.body, setTriggerValue() {} });
    while (document.querySelector(".zx-maps").dataset.ready !== "true") await new Promise(requestAnimationFrame);
    const store = window.__ztfexplore.bench;
    while (!store.panels[0].grid) await new Promise(requestAnimationFrame);
    const range = () => { const { x } = store.panels[0].seen ?? {}; return String(x); };
    window.engine = {
        hovered: () => store.hovered !== null,
        range,
        settled: () => store.panels[0].frame === null
            && (!store.panels[0].seen || !store.panels[0].screen().transformOf(store.panels[0].drawn())),
        selected: () => store.selection !== null,
        box: () => store.setTool("box"),
        move: () => store.setTool("move"),
    };
}"""
PLOTLYS = """async (data) => {
    await new Promise((resolve) => document.head.appendChild(
        Object.assign(document.createElement("script"), { src: data.plotly, onload: resolve })));
    const get = async (url, Type) => new Type(await (await fetch(url)).arrayBuffer());
    const codes = await get(data.colour.codes, Uint8Array);
    const plots = [...document.querySelectorAll(".zx-chart")];
    for (const [i, plot] of plots.entries()) {
        const xy = await get(data.panels[i].points, Float32Array), n = codes.length;
        const traces = data.colour.entries.map(({ name, colour }, code) => {
            const rows = [];
            for (let row = 0; row < n; row++) if (codes[row] === code) rows.push(row);
            const marker = { size: n > 200000 ? 2 : 3.5, color: colour, opacity: 0.8 };
            const [x, y] = [rows.map((row) => xy[row]), rows.map((row) => xy[n + row])];
            return { type: "scattergl", mode: "markers", name, hoverinfo: "none", x, y, marker };
        });
        // Without spikedistance hover checks every point of a large trace.
        const layout = { margin: { l: 24, r: 4, t: 4, b: 24 }, showlegend: false, dragmode: "pan",
            hovermode: "closest", spikedistance: 1 };
        await Plotly.newPlot(plot, traces, layout, { scrollZoom: true });
    }
    const [plot] = plots;
    let [hovered, chosen] = [false, false];
    plot.on("plotly_hover", () => (hovered = true));
    plot.on("plotly_unhover", () => (hovered = false));
    plot.on("plotly_selected", () => (chosen = true));
    window.engine = {
        hovered: () => hovered,
        range: () => plot._fullLayout.xaxis.range.join(),
        settled: () => true,
        selected: () => chosen,
        box: () => Plotly.relayout(plot, { dragmode: "select" }),
        move: () => Plotly.relayout(plot, { dragmode: "pan" }),
    };
}"""


def invented(points: int) -> tuple[np.ndarray, np.ndarray]:
    """float32 (2, n) in noisy clusters, and a class of each, uint8 (n,)."""
    rng = np.random.default_rng(0)
    cluster = rng.integers(CLUSTERS, size=points)
    places = rng.normal(scale=5, size=(2, CLUSTERS))[:, cluster] + rng.normal(scale=0.8, size=(2, points))
    return places.astype("<f4"), (cluster % CLASSES).astype(np.uint8)


def message(codes: np.ndarray) -> dict[str, Any]:
    """What Python sends to the component, about two maps."""
    counts = np.bincount(codes, minlength=CLASSES).tolist()
    entries = [
        {"name": f"class {code}", "colour": PALETTE[code], "symbol": SYMBOLS[code], "count": counts[code]}
        for code in range(CLASSES)
    ]
    colour = {"id": "1", "kind": "categories", "codes": "codes", "entries": entries, "shown": None, "legend": ""}
    panels = [{"encoder": name, "title": name, "points": f"points/{name}"} for name in ("left", "right")]
    maps = {"plotly": "plotly.js", "version": "1", "note": None, "panels": panels, "ids": None, "table": "table"}
    return {"role": "maps", "page": "bench", "script": "", "view": "view", **maps, "colour": colour, "uploaded": None}


def answering(page: Page, points: np.ndarray, codes: np.ndarray) -> None:
    """Let a page fetch everything that it needs."""
    css = (FOLDER / "linked_maps" / "linked_maps.css").read_text(encoding="utf-8")
    texts = {f"code/{name}": ("text/javascript", text) for name, text in code().items()}
    texts["plotly.js"] = ("text/javascript", PLOTLY.read_text(encoding="utf-8"))
    texts[""] = ("text/html", f"<!doctype html><style>{css}</style><script>{TIMING}</script><body>{HTML}</body>")
    raw = {"points/left": points.tobytes(), "points/right": points[::-1].tobytes(), "codes": codes.tobytes()}

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(f"{ORIGIN}/")
        kind, body = texts.get(name, ("application/octet-stream", raw.get(name, b"")))
        route.fulfill(status=200 if body else 404, body=body, content_type=kind)

    page.route(f"{ORIGIN}/**", answer)


def took(page: Page, event: str, holds: str, act: Any) -> float:
    """Milliseconds from an event that `act` causes until a condition holds and is painted."""
    page.evaluate("([event, holds]) => watch(event, new Function('return ' + holds))", [event, holds])
    act()
    page.wait_for_function("() => window.took !== null", timeout=PATIENCE_MS)
    return page.evaluate("() => window.took")


def several(measure: Any) -> float:
    """The median of a few measurements; of fewer if they take long."""
    found = [measure() for _ in range(SLOW_REPEATS)]
    if statistics.median(found) < SLOW_MS:
        found += [measure() for _ in range(REPEATS - SLOW_REPEATS)]
    return round(statistics.median(found), 1)


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """A place on the first map, given as shares of its size."""
    box = page.locator(".zx-plot").first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def hover(page: Page) -> float:
    """From the pointer's move to the middle of the map until a point is found there."""
    page.mouse.move(5, 790)
    page.wait_for_function("() => !engine.hovered()", timeout=PATIENCE_MS)
    page.wait_for_timeout(100)
    return took(page, "pointermove", "engine.hovered()", lambda: page.mouse.move(*place(page, 0.5, 0.5)))


def wheel(page: Page, step: int) -> float:
    """From a step of the wheel until the map shows another part."""
    page.mouse.move(*place(page, 0.5, 0.5))
    settle(page)
    page.evaluate("() => { window.before = engine.range(); }")
    return took(page, "wheel", "engine.range() !== window.before", lambda: page.mouse.wheel(0, step))


def wheel_drawn(page: Page, step: int) -> float:
    """From a step of the wheel until all points are drawn for the visible part."""
    page.mouse.move(*place(page, 0.5, 0.5))
    settle(page)
    page.evaluate("() => { window.before = engine.range(); }")
    drawn = "engine.range() !== window.before && engine.settled()"
    return took(page, "wheel", drawn, lambda: page.mouse.wheel(0, step))


def settle(page: Page) -> None:
    """Wait until nothing moves any more."""
    page.wait_for_function("() => engine.settled()", timeout=PATIENCE_MS)
    page.evaluate("() => paint()")
    page.wait_for_timeout(200)


def pan(page: Page) -> float:
    """A step of a drag, the median of its steps, until the map has followed."""
    settle(page)
    page.mouse.move(*place(page, 0.4, 0.5))
    page.mouse.down()
    steps = []
    for step in range(1, SLOW_REPEATS + 3):
        page.evaluate("() => { window.before = engine.range(); }")
        moved = place(page, 0.4 + 0.03 * step, 0.5)
        steps.append(
            took(page, "pointermove", "engine.range() !== window.before", lambda to=moved: page.mouse.move(*to))
        )
    page.mouse.move(*place(page, 0.4, 0.5))  # back to its place, or the map would leave the screen
    page.mouse.up()
    return statistics.median(steps)


def box(page: Page) -> float:
    """From letting go of a box until its points are selected and shown so."""
    page.evaluate("() => engine.box()")
    settle(page)
    page.mouse.move(*place(page, 0.45, 0.45))
    page.mouse.down()
    page.mouse.move(*place(page, 0.55, 0.55), steps=2)
    found = took(page, "pointerup", "engine.selected()", page.mouse.up)
    page.evaluate("() => engine.move()")
    return round(found, 1)


def engine(chromium: str, start: str, points: np.ndarray, codes: np.ndarray) -> dict[str, float]:
    """All times of one of the two engines."""
    with browser_page(chromium) as page:
        page.set_default_timeout(PATIENCE_MS)
        answering(page, points, codes)
        page.goto(f"{ORIGIN}/")
        page.evaluate(start, message(codes))
        settle(page)
        return {
            "hover_ms": several(lambda: hover(page)),
            "wheel_ms": several(lambda: wheel(page, -60)),
            "wheel_drawn_ms": several(lambda: wheel_drawn(page, 60)),
            "pan_ms": several(lambda: pan(page)),
            "box_ms": box(page),
        }


def code_lines(text: str) -> int:
    """Lines that are neither empty nor comments."""
    bare = re.sub(r"/\*\*.*?\*/", "", text, flags=re.DOTALL)
    return sum(1 for line in bare.splitlines() if line.strip() and not line.strip().startswith("//"))


def lines() -> dict[str, int]:
    """Lines of code by part, and of the component's other files."""
    counts = {path.rpartition("/")[2]: code_lines(text) for path, text in code().items()}
    found = {part: sum(counts.pop(name) for name in names) for part, names in PARTS.items()}
    return {**found, "rest": sum(counts.values()), "all": sum(found.values()) + sum(counts.values())}


def main() -> None:
    """Print the figures as JSON, a run for every number of points."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, action="append", help="how many; may be given several times [100000]")
    _results.add_options(parser)
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not installed")
    version = re.search(r"plotly\.js v([\d.]+)", PLOTLY.read_text(encoding="utf-8")[:200])
    for count in options.points or [100_000]:
        points, codes = invented(count)
        found = {
            "points": count,
            "plotly_js": version[1] if version else "",
            "plotly": engine(chromium, PLOTLYS, points, codes),
            "ours": engine(chromium, OURS, points, codes),
            "lines": lines(),
        }
        _results.write(options, str(count), found)
        print(json.dumps(found))


if __name__ == "__main__":
    main()
