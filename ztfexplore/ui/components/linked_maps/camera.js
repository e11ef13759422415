// Which part of a map is seen: the wheel, dragging, and the keys + - F.
//
// plotly draws all points again at each step of the wheel, which takes seconds at a million. So the picture that is
// there is moved and stretched by the browser, with everything above it, and drawn anew once, when it comes to rest.

import { clearHover, drawn, placeAll, screen } from "./overlay.js";

const REST = 180; // ms without a step
const PER_PIXEL = 0.0018; // of the wheel; in the exponent
const PER_PINCH = 0.01; // of two fingers on a touch pad, which browsers report as a wheel with ctrl
const LARGEST_STEP = 240; // pixels of the wheel; some mice report a thousand
const LINE = 16; // pixels, where a wheel counts lines
const KEY = 1.5;
const NEAREST = 1e-4; // of what shows everything
const FARTHEST = 4;

// Move what shows data from `x[0]` to `x[1]`, and `y`, into view.
function look(store, panel, x, y) {
  const overlay = store.overlays[panel];
  overlay.seen = { x, y };
  draw(store, panel);
  restSoon(store, panel);
}

function restSoon(store, panel) {
  const overlay = store.overlays[panel];
  clearTimeout(overlay.resting);
  overlay.resting = setTimeout(() => rest(store, panel), REST);
}

// What was seen of other points means nothing for those that have come.
export function forgetView(overlay) {
  clearTimeout(overlay.resting);
  Object.assign(overlay, { seen: null, whole: undefined });
}

// At most once a frame.
function draw(store, panel) {
  const overlay = store.overlays[panel];
  if (overlay.waiting) return;
  overlay.waiting = requestAnimationFrame(() => {
    overlay.waiting = null;
    if (!overlay.root.isConnected) return;
    clearHover(store);
    placePicture(overlay);
    placeAll(store, panel);
  });
}

// Draw the points for what is seen now.
function rest(store, panel) {
  const overlay = store.overlays?.[panel];
  if (!overlay?.seen || !overlay.root.isConnected || store.held === panel) return;
  clearTimeout(overlay.resting);
  const { x, y } = overlay.seen;
  if (isStill(drawn(overlay), screen(overlay))) return;
  window.Plotly.relayout(overlay.plot, { "xaxis.range": [...x], "yaxis.range": [...y] });
}

// Show all points.
export function showAll(store, panel) {
  const overlay = store.overlays[panel];
  if (!overlay.seen) return;
  clearTimeout(overlay.resting);
  overlay.seen = null;
  window.Plotly.relayout(overlay.plot, { "xaxis.autorange": true, "yaxis.autorange": true });
}

// The part of plotly's layout that says what is seen.
export const axisRange = (overlay, name) => (overlay.seen ? { range: [...overlay.seen[name]] } : { autorange: true });

// Put the picture of the last drawing where its points are now.
export function placePicture(overlay) {
  const picture = overlay.plot.querySelector(".gl-container");
  const was = drawn(overlay);
  if (!picture || !was) return;
  const now = screen(overlay);
  const [scaleX, scaleY] = [now.perX / was.perX, now.perY / was.perY];
  const still = isStill(was, now);
  // Its margins, into which no point may come.
  picture.style.clipPath = still ? "" : `inset(${was.t}px calc(100% - ${was.l + was.w}px) calc(100% - ${was.t + was.h}px) ${was.l}px)`;
  for (const canvas of picture.querySelectorAll("canvas")) {
    canvas.style.transformOrigin = `${was.l}px ${was.t}px`;
    canvas.style.transform = still
      ? ""
      : `translate(${now.x(was.dataX(0))}px, ${now.y(was.dataY(0))}px) scale(${scaleX}, ${scaleY})`;
  }
}

// Whether two views of the same plot differ by less than a thousandth of a pixel.
function isStill(was, now) {
  const moved = (pixelX, pixelY) => Math.abs(now.x(was.dataX(pixelX)) - pixelX) + Math.abs(now.y(was.dataY(pixelY)) - pixelY);
  return moved(0, 0) < 1e-3 && moved(was.w, was.h) < 1e-3;
}

// --- zoom ------------------------------------------------------------------------------------------------------

// Larger by a factor; the data at a pixel of the plot stay there.
function zoom(store, panel, factor, pixelX, pixelY) {
  const overlay = store.overlays[panel];
  const at = screen(overlay);
  if (!at || !store.points) return;
  overlay.whole ??= extent(store.points[panel].x);
  const width = at.w / at.perX / factor;
  if (factor > 1 ? width < overlay.whole * NEAREST : width > overlay.whole * FARTHEST) return;
  const around = (centre, from, to) => [centre + (from - centre) / factor, centre + (to - centre) / factor];
  look(
    store, panel,
    around(at.dataX(pixelX), at.dataX(0), at.dataX(at.w)), around(at.dataY(pixelY), at.dataY(at.h), at.dataY(0)),
  );
}

// How wide all points are, hidden ones too: what is shown at first may be a few of them.
function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high > low ? high - low : 1;
}

function turned(store, panel, event) {
  const { plot } = store.overlays[panel];
  const at = screen(store.overlays[panel]);
  if (!at) return;
  const box = plot.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left - at.l, event.clientY - box.top - at.t];
  if (x < 0 || y < 0 || x > at.w || y > at.h) return; // the page scrolls
  event.preventDefault();
  const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1);
  const step = Math.max(-LARGEST_STEP, Math.min(LARGEST_STEP, pixels));
  zoom(store, panel, Math.exp(-step * (event.ctrlKey ? PER_PINCH : PER_PIXEL)), x, y);
}

// By the keyboard: both maps, around the picked object where it is seen, else around the middle.
export function zoomByKey(store, key) {
  store.overlays.forEach((overlay, panel) => {
    if (key === "f") return showAll(store, panel);
    const at = screen(overlay);
    const row = store.query.like[0];
    if (!at || !store.points) return;
    let [x, y] = row === undefined ? [NaN, NaN] : [at.x(store.points[panel].x[row]), at.y(store.points[panel].y[row])];
    if (!(x >= 0 && x <= at.w && y >= 0 && y <= at.h)) [x, y] = [at.w / 2, at.h / 2];
    zoom(store, panel, key === "-" ? 1 / KEY : KEY, x, y);
  });
}

// --- listening -------------------------------------------------------------------------------------------------

export function watchCamera(store, panel) {
  const { root } = store.overlays[panel];
  root.addEventListener("wheel", (event) => turned(store, panel, event), { passive: false });
  root.addEventListener("dblclick", (event) => {
    // Browsers call a click and a drag from the same spot a double click, too.
    const dragged = store.overlays[panel].dragged;
    if (store.tool === "move" && !dragged && !event.target.closest(".modebar")) showAll(store, panel);
  });
}

// Take hold of a map at a point of the screen; the returned function drags it to another, or lets go without one.
export function hold(store, panel, clientX, clientY) {
  const overlay = store.overlays[panel];
  if (!screen(overlay)) return () => {};
  store.held = panel;
  overlay.dragged = false;
  return (event) => {
    if (store.overlays[panel] !== overlay) return (store.held = null); // other points came meanwhile
    if (!event) {
      store.held = null;
      return restSoon(store, panel); // not at once: a click has more urgent things to show
    }
    overlay.dragged = true;
    // From where it is now: the wheel may turn while the button is down.
    const at = screen(overlay);
    const [dx, dy] = [event.clientX - clientX, event.clientY - clientY];
    [clientX, clientY] = [event.clientX, event.clientY];
    look(store, panel, [at.dataX(-dx), at.dataX(at.w - dx)], [at.dataY(at.h - dy), at.dataY(-dy)]);
  };
}
