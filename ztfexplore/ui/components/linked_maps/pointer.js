// What the mouse does on a map: hover, click, and drawing a box or a lasso.

import { pick, select } from "./actions.js";
import { hold } from "./camera.js";
import { outline } from "./polygon.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./panel.js").Panel} Panel */
/** @typedef {import("./polygon.js").Corner} Corner */

const REACH = 10; // pixels between pointer and point
const STILL = 4; // pixels that a click may move

/**
 * Listen to the mouse.
 * @param {Store} store
 * @param {Panel} panel
 */
export function watchPointer(store, panel) {
  const { root } = panel;
  /** Where the button went down, on the screen. @type {[number, number] | null} */
  let pressed = null;
  let moved = false; // a lasso may well end where it began
  /** @type {Corner[] | null} */
  let corners = null;
  /** Moves the map. @type {ReturnType<typeof hold> | null} */
  let drag = null;
  /** A move that has not been looked at. @type {PointerEvent | null} */
  let last = null;

  root.addEventListener("pointermove", (event) => {
    if (!event.isPrimary) return; // a second finger
    if ((drag || corners) && !event.buttons) return letGo(); // it came up where nobody heard of it
    if (pressed) moved ||= Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > STILL;
    if (corners) return extend(store, panel, corners, event);
    if (drag && moved) return drag(event);
    if (event.buttons) return;
    const isWaiting = last !== null;
    last = event;
    if (isWaiting) return; // at most one search a frame
    requestAnimationFrame(() => {
      if (last && panel.points) store.hover(under(store, panel, last));
      last = null;
    });
  });
  root.addEventListener("pointerleave", () => {
    last = null;
    store.hover(null);
  });
  root.addEventListener(
    "pointerdown",
    (event) => {
      const onButton = /** @type {Element} */ (event.target).closest(".modebar");
      if (!event.isPrimary || event.button !== 0 || event.ctrlKey || onButton) return;
      listen(window.addEventListener); // on the window, and only until the button is up
      pressed = [event.clientX, event.clientY];
      moved = false;
      const spot = place(panel, event, store.tool !== "move"); // who selects up to the edge may begin beside it
      if (!spot) return;
      event.preventDefault();
      const active = document.activeElement; // loses the keys, as by this press if its default were not prevented
      if (active instanceof HTMLElement && active !== document.body) active.blur();
      root.setPointerCapture(event.pointerId);
      if (store.tool === "move") {
        drag = hold(store, panel, event.clientX, event.clientY);
        return;
      }
      corners = [spot];
      store.hover(null);
    },
    true,
  );

  /** @param {(type: string, listener: EventListener, capture: boolean) => void} change */
  function listen(change) {
    change.call(window, "pointerup", /** @type {EventListener} */ (up), true);
    change.call(window, "pointercancel", letGo, true);
    change.call(window, "keydown", /** @type {EventListener} */ (escape), true);
  }

  // Forget what was being drawn, leave the map where it is.
  function letGo() {
    listen(window.removeEventListener);
    if (corners) drawOutline(panel, []);
    if (drag) drag(null);
    pressed = corners = drag = null;
  }

  /** @param {KeyboardEvent} event */
  function escape(event) {
    if (event.key !== "Escape" || !corners) return;
    event.stopPropagation(); // the selection stays
    letGo();
  }

  /** @param {PointerEvent} event */
  function up(event) {
    if (!event.isPrimary) return;
    const [from, drawn] = [pressed, corners];
    letGo();
    if (!from || !root.isConnected || !panel.points) return;
    const isClick = !moved && Math.hypot(event.clientX - from[0], event.clientY - from[1]) <= STILL;
    if (drawn && !isClick) return finish(store, panel, drawn, event);
    const row = isClick ? under(store, panel, event) : null;
    if (row !== null) pick(store, row, event);
  }
}

/**
 * The row under the pointer, null if there is none.
 * @param {Store} store
 * @param {Panel} panel
 * @param {PointerEvent} event
 */
function under(store, panel, event) {
  const at = panel.grid && panel.screen();
  const spot = panel.root.isConnected ? place(panel, event) : null;
  if (!panel.grid || !at || !spot) return null;
  return panel.grid.nearest(spot[0], spot[1], REACH / at.perX, REACH / at.perY, (row) => store.isShown(row));
}

/**
 * Where the pointer is, in data; outside the axes null, or their edge.
 * @param {Panel} panel
 * @param {PointerEvent} event
 * @param {boolean} [toEdge]
 * @returns {Corner | null}
 */
function place(panel, event, toEdge = false) {
  const at = panel.screen();
  if (!at) return null;
  const box = panel.plot.getBoundingClientRect();
  let [x, y] = [event.clientX - box.left - at.l, event.clientY - box.top - at.t];
  if (toEdge) [x, y] = [Math.max(0, Math.min(at.w, x)), Math.max(0, Math.min(at.h, y))];
  return at.holds(x, y) ? [at.dataX(x), at.dataY(y)] : null;
}

// --- box and lasso ---------------------------------------------------------------------------------------------

/**
 * @param {Store} store
 * @param {Panel} panel
 * @param {Corner[]} corners
 * @param {PointerEvent} event
 */
function extend(store, panel, corners, event) {
  const spot = place(panel, event, true);
  if (spot) corners.push(spot);
  drawOutline(panel, outline(store.tool, corners));
}

/**
 * @param {Panel} panel
 * @param {Corner[]} corners
 */
function drawOutline(panel, corners) {
  const at = panel.screen();
  const points = at ? corners.map(([x, y]) => `${at.l + at.x(x)} ${at.t + at.y(y)}`) : [];
  panel.outline.setAttribute("d", points.length > 1 ? `M${points.join("L")}Z` : "");
}

/**
 * Select what was drawn around; with shift it is added.
 * @param {Store} store
 * @param {Panel} panel
 * @param {Corner[]} corners
 * @param {PointerEvent} event
 */
function finish(store, panel, corners, event) {
  const end = place(panel, event, true);
  const polygon = outline(store.tool, end ? [...corners, end] : corners);
  if (polygon.length < 3 || !panel.grid) return;
  const rows = panel.grid.inside(polygon, (row) => store.isShown(row));
  const kept = new Set(event.shiftKey ? store.selection : []);
  rows.forEach((row) => kept.add(row));
  select(store, kept.size ? Uint32Array.from(kept).sort() : null);
}
