// What the mouse does on a map: hover, click, and drawing a box or a lasso.

import { pick, select } from "./actions.js";
import { hold } from "./camera.js";
import { isShown } from "./maps.js";
import { clearHover, hover, screen } from "./overlay.js";

const REACH = 10; // pixels between pointer and point
const STILL = 4; // pixels that a click may move

export function watchPointer(store, panel) {
  const { root } = store.overlays[panel];
  if (root.dataset.watched) return;
  root.dataset.watched = "true";
  let pressed = null;
  let moved = false; // a lasso may well end where it began
  let corners = null;
  let drag = null; // of the map
  let last = null; // move that has not been looked at

  root.addEventListener("pointermove", (event) => {
    if (!event.isPrimary) return; // a second finger
    if ((drag || corners) && !event.buttons) return letGo(); // it came up where nobody heard of it
    if (pressed) moved ||= Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > STILL;
    if (corners) return extend(store, panel, corners, event);
    if (drag && moved) return drag(event);
    if (event.buttons) return;
    const waiting = last !== null;
    last = event;
    if (waiting) return; // at most one search a frame
    requestAnimationFrame(() => {
      if (last && store.points) hover(store, under(store, panel, last));
      last = null;
    });
  });
  root.addEventListener("pointerleave", () => {
    last = null;
    clearHover(store);
  });
  root.addEventListener(
    "pointerdown",
    (event) => {
      if (!event.isPrimary || event.button !== 0 || event.ctrlKey || event.target.closest(".modebar")) return;
      // On the window, and only until the button is up.
      listen(window.addEventListener);
      pressed = [event.clientX, event.clientY];
      moved = false;
      const atEdge = store.tool !== "move"; // who selects up to the edge may begin beside it
      if (!place(store, panel, event, atEdge)) return;
      event.preventDefault();
      if (document.activeElement !== document.body) document.activeElement?.blur(); // which this press would have done
      root.setPointerCapture(event.pointerId);
      if (store.tool === "move") {
        drag = hold(store, panel, event.clientX, event.clientY);
        return;
      }
      corners = [place(store, panel, event, atEdge)];
      clearHover(store);
    },
    true,
  );

  function listen(change) {
    change.call(window, "pointerup", up, true);
    change.call(window, "pointercancel", letGo, true);
    change.call(window, "keydown", escape, true);
  }

  // Forget what was being drawn, leave the map where it is.
  function letGo() {
    listen(window.removeEventListener);
    if (corners && store.overlays[panel]) drawOutline(store, panel, []);
    if (drag) drag(null);
    pressed = corners = drag = null;
  }

  function escape(event) {
    if (event.key !== "Escape" || !corners) return;
    event.stopPropagation(); // the selection stays
    letGo();
  }

  function up(event) {
    if (!event.isPrimary) return;
    const [from, drawn] = [pressed, corners];
    letGo();
    if (!from || !root.isConnected || !store.points) return;
    const isClick = !moved && Math.hypot(event.clientX - from[0], event.clientY - from[1]) <= STILL;
    if (drawn && !isClick) return finish(store, panel, drawn, event);
    const row = isClick ? under(store, panel, event) : null;
    if (row !== null) pick(store, row, event);
  }
}

// The row under the pointer, null if none.
function under(store, panel, event) {
  const overlay = store.overlays?.[panel];
  const at = overlay && store.grids && screen(overlay);
  if (!at || !overlay.root.isConnected) return null;
  const spot = place(store, panel, event);
  if (!spot) return null;
  return store.grids[panel].nearest(spot[0], spot[1], REACH / at.perX, REACH / at.perY, (row) => isShown(store, row));
}

// Where the pointer is, in data coordinates; outside the axes null, or their edge.
function place(store, panel, event, atEdge = false) {
  const overlay = store.overlays[panel];
  const at = screen(overlay);
  const box = overlay.plot.getBoundingClientRect();
  let [x, y] = [event.clientX - box.left - at.l, event.clientY - box.top - at.t];
  if (atEdge) [x, y] = [Math.max(0, Math.min(at.w, x)), Math.max(0, Math.min(at.h, y))];
  return x >= 0 && y >= 0 && x <= at.w && y <= at.h ? [at.dataX(x), at.dataY(y)] : null;
}

// --- box and lasso ---------------------------------------------------------------------------------------------

export function setTool(store, tool) {
  store.tool = tool;
  store.root.dataset.tool = tool;
  for (const button of store.root.querySelectorAll(".zx-tool")) {
    button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  }
}

function extend(store, panel, corners, event) {
  corners.push(place(store, panel, event, true));
  drawOutline(store, panel, outline(store, corners));
}

function outline(store, corners) {
  if (store.tool === "lasso" || corners.length < 2) return corners;
  const [[x0, y0], [x1, y1]] = [corners[0], corners[corners.length - 1]];
  return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
}

function drawOutline(store, panel, corners) {
  const overlay = store.overlays[panel];
  const at = screen(overlay);
  const path = overlay.root.querySelector(".zx-outline path");
  const points = corners.map(([x, y]) => `${at.l + at.x(x)} ${at.t + at.y(y)}`);
  path.setAttribute("d", points.length > 1 ? `M${points.join("L")}Z` : "");
}

function finish(store, panel, corners, event) {
  const polygon = outline(store, [...corners, place(store, panel, event, true)]);
  if (polygon.length < 3 || !store.grids) return;
  const rows = store.grids[panel].inside(polygon, (row) => isShown(store, row));
  // With shift what is drawn around is added.
  const kept = event.shiftKey && store.selection ? new Set(store.selection) : new Set();
  rows.forEach((row) => kept.add(row));
  select(store, kept.size ? Uint32Array.from(kept).sort() : null);
}
