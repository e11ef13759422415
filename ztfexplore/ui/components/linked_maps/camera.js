// Which part of a map is seen: the wheel, dragging, and the keys + - F.
//
// plotly draws all points again at each step of the wheel, which takes seconds at a million. So the picture that is
// there is moved and stretched by the browser, with everything above it, and drawn anew once, when it comes to rest.

import { extent, wheelFactor } from "./viewport.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./panel.js").Panel} Panel */
/** @typedef {import("./viewport.js").Ranges} Ranges */

const REST_MS = 180; // without a step
const KEY = 1.5;

/**
 * Move a part of the data into view.
 * @param {Store} store
 * @param {Panel} panel
 * @param {Ranges} seen
 */
function look(store, panel, seen) {
  panel.seen = seen;
  place(store, panel);
  restSoon(store, panel);
}

/**
 * Place everything where it is seen now, at most once a frame.
 * @param {Store} store
 * @param {Panel} panel
 */
function place(store, panel) {
  panel.frame ??= requestAnimationFrame(() => {
    panel.frame = null;
    if (!panel.root.isConnected) return;
    store.hover(null);
    placePicture(panel);
    store.tell("view", panel);
  });
}

/**
 * @param {Store} store
 * @param {Panel} panel
 */
function restSoon(store, panel) {
  clearTimeout(panel.resting);
  panel.resting = setTimeout(() => rest(store, panel), REST_MS);
}

/**
 * Draw the points for what is seen now.
 * @param {Store} store
 * @param {Panel} panel
 */
function rest(store, panel) {
  if (!store.panels.includes(panel) || !panel.seen || !panel.root.isConnected || store.held === panel) return;
  clearTimeout(panel.resting);
  const [was, now] = [panel.drawn(), panel.screen()];
  if (!was || !now?.transformOf(was)) return;
  const { x, y } = panel.seen;
  window.Plotly?.relayout(panel.plot, { "xaxis.range": [...x], "yaxis.range": [...y] });
}

/**
 * Show all points.
 * @param {Panel} panel
 */
export function showAll(panel) {
  if (!panel.seen) return;
  clearTimeout(panel.resting);
  panel.seen = null;
  window.Plotly?.relayout(panel.plot, { "xaxis.autorange": true, "yaxis.autorange": true });
}

/**
 * Put the picture of the last drawing where its points are now.
 * @param {Panel} panel
 */
export function placePicture(panel) {
  const picture = /** @type {HTMLElement | null} */ (panel.plot.querySelector(".gl-container"));
  const [was, now] = [panel.drawn(), panel.screen()];
  if (!picture || !was || !now) return;
  const moved = now.transformOf(was);
  const { l, t, w, h } = was;
  // Its margins, into which no point may come.
  picture.style.clipPath = moved ? `inset(${t}px calc(100% - ${l + w}px) calc(100% - ${t + h}px) ${l}px)` : "";
  for (const canvas of picture.querySelectorAll("canvas")) {
    canvas.style.transformOrigin = `${l}px ${t}px`;
    canvas.style.transform = moved
      ? `translate(${moved.x}px, ${moved.y}px) scale(${moved.scaleX}, ${moved.scaleY})`
      : "";
  }
}

/**
 * Larger by a factor; the data at a pixel of the plot stay there.
 * @param {Store} store
 * @param {Panel} panel
 * @param {number} factor
 * @param {number} pixelX
 * @param {number} pixelY
 */
function zoom(store, panel, factor, pixelX, pixelY) {
  if (!panel.points) return;
  panel.whole ??= extent(panel.points.x); // hidden ones too: what is shown at first may be a few of them
  const seen = panel.screen()?.zoomed(factor, pixelX, pixelY, panel.whole);
  if (seen) look(store, panel, seen);
}

/**
 * @param {Store} store
 * @param {Panel} panel
 * @param {WheelEvent} event
 */
function turned(store, panel, event) {
  const at = panel.screen();
  if (!at) return;
  const box = panel.plot.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left - at.l, event.clientY - box.top - at.t];
  if (!at.holds(x, y)) return; // the page scrolls
  event.preventDefault();
  zoom(store, panel, wheelFactor(event.deltaY, event.deltaMode === WheelEvent.DOM_DELTA_LINE, event.ctrlKey), x, y);
}

/**
 * By the keyboard: both maps, around the picked object where it is seen, else around the middle.
 * @param {Store} store
 * @param {"+" | "-" | "f"} key
 */
export function zoomByKey(store, key) {
  for (const panel of store.panels) {
    const at = panel.screen();
    if (key === "f") showAll(panel);
    else if (at) {
      const spot = panel.place(store.query.like[0] ?? -1);
      const [x, y] = spot ? [at.x(spot[0]), at.y(spot[1])] : [-1, -1];
      const [px, py] = at.holds(x, y) ? [x, y] : [at.w / 2, at.h / 2];
      zoom(store, panel, key === "-" ? 1 / KEY : KEY, px, py);
    }
  }
}

/**
 * Listen to the wheel and to double clicks.
 * @param {Store} store
 * @param {Panel} panel
 */
export function watchCamera(store, panel) {
  panel.root.addEventListener("wheel", (event) => turned(store, panel, event), { passive: false });
  panel.root.addEventListener("dblclick", (event) => {
    // Browsers call a click and a drag from the same spot a double click, too.
    const onButton = /** @type {Element} */ (event.target).closest(".modebar");
    if (store.tool === "move" && !panel.dragged && !onButton) showAll(panel);
  });
}

/**
 * Take hold of a map at a point of the screen.
 * @param {Store} store
 * @param {Panel} panel
 * @param {number} clientX
 * @param {number} clientY
 * @returns {(event: PointerEvent | null) => void} drags it to another point, or lets go without one
 */
export function hold(store, panel, clientX, clientY) {
  if (!panel.screen()) return () => {};
  const { version } = panel;
  store.held = panel;
  panel.dragged = false;
  return (event) => {
    const at = panel.screen(); // from where it is now: the wheel may turn while the button is down
    if (panel.version !== version || !at) {
      store.held = null; // other points came meanwhile
    } else if (!event) {
      store.held = null;
      restSoon(store, panel); // not at once: a click has more urgent things to show
    } else {
      panel.dragged = true;
      look(store, panel, at.dragged(event.clientX - clientX, event.clientY - clientY));
      [clientX, clientY] = [event.clientX, event.clientY];
    }
  };
}
