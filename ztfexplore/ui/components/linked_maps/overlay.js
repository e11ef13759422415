// What lies above the points: rings around objects, selected points, the stamp under the pointer. The points are not
// drawn again for it, which would take longer than everything else that a click does.

import { absolute, element } from "./data.js";
import { isShown, palette } from "./maps.js";

const SVG = "http://www.w3.org/2000/svg";

export function newOverlay(plot) {
  const root = plot.parentElement;
  const [canvas, rings, tip] = [".zx-selected", ".zx-marks", ".zx-tip"].map((name) => root.querySelector(name));
  return { plot, root, canvas, rings, tip, seen: null }; // seen: the ranges { x, y } that a person chose, null for all
}

export function clearOverlay({ canvas, rings, tip }) {
  canvas.width = canvas.width;
  rings.replaceChildren();
  tip.hidden = true;
}

// From data to pixels of the plot, and back, for what is seen; null before the first drawing.
export function screen(overlay) {
  const layout = overlay.plot._fullLayout;
  if (!layout?.xaxis?.range) return null;
  return scales(layout._size, overlay.seen?.x ?? layout.xaxis.range, overlay.seen?.y ?? layout.yaxis.range);
}

// The same for what plotly drew, which is another part while the map moves.
export function drawn({ plot: { _fullLayout: layout } }) {
  return layout?.xaxis?.range ? scales(layout._size, layout.xaxis.range, layout.yaxis.range) : null;
}

function scales({ l, t, w, h }, [left, right], [low, high]) {
  return {
    l, t, w, h,
    perX: w / (right - left),
    perY: h / (high - low),
    x: (value) => ((value - left) / (right - left)) * w,
    y: (value) => h - ((value - low) / (high - low)) * h,
    dataX: (pixel) => left + (pixel / w) * (right - left),
    dataY: (pixel) => low + ((h - pixel) / h) * (high - low),
  };
}

// In one map, or in all.
export function placeAll(store, only) {
  store.overlays?.forEach((_, panel) => {
    if (only !== undefined && panel !== only) return;
    placeRings(store, panel);
    drawSelection(store, panel);
  });
}

// --- rings -----------------------------------------------------------------------------------------------------

function marksOf(store, panel) {
  const near = store.near?.panels[panel]?.items.map((item) => item.row) ?? [];
  const uploaded = store.maps.uploaded?.[panel];
  return [
    ...near.map((row) => [row, "zx-near", 6]),
    ...store.query.unlike.map((row) => [row, "zx-unlike", 9]),
    ...store.query.like.slice(1).map((row) => [row, "zx-like", 9]),
    ...store.query.like.slice(0, 1).map((row) => [row, "zx-picked", 10]),
    ...(store.hovered === undefined || store.hovered === null ? [] : [[store.hovered, "zx-hovered", 8]]),
    ...(uploaded ? [[uploaded, "zx-uploaded-alert", 9]] : []),
  ];
}

export function placeRings(store, panel) {
  const overlay = store.overlays?.[panel];
  const at = overlay && store.points && screen(overlay);
  if (!at) return;
  const { x, y } = store.points[panel];
  Object.assign(overlay.rings.style, { left: `${at.l}px`, top: `${at.t}px`, width: `${at.w}px`, height: `${at.h}px` });
  const rings = [];
  for (const [what, kind, radius] of marksOf(store, panel)) {
    const [px, py] = Array.isArray(what) ? what : [x[what], y[what]];
    if (!Number.isFinite(px)) continue; // an object may have no place on this map yet
    const ring = document.createElementNS(SVG, kind === "zx-uploaded-alert" ? "path" : "circle");
    const [cx, cy] = [at.x(px), at.y(py)];
    if (kind === "zx-uploaded-alert") ring.setAttribute("d", `M${cx} ${cy - 11}l9 18h-18z`);
    else for (const [name, value] of [["r", radius], ["cx", cx], ["cy", cy]]) ring.setAttribute(name, value);
    ring.setAttribute("class", kind);
    rings.push(ring);
  }
  overlay.rings.replaceChildren(...rings);
}

// --- selection -------------------------------------------------------------------------------------------------

// Selected points above the dimmed rest.
export function drawSelection(store, panel) {
  const overlay = store.overlays?.[panel];
  const at = overlay && store.points && screen(overlay);
  if (!at) return;
  const { canvas, root } = overlay;
  const rows = store.selection;
  root.classList.toggle("zx-dimmed", rows !== null);
  canvas.hidden = rows === null;
  if (rows === null) return;
  const [w, h] = [Math.round(at.w), Math.round(at.h)];
  Object.assign(canvas.style, { left: `${at.l}px`, top: `${at.t}px`, width: `${w}px`, height: `${h}px` });
  canvas.width = w;
  canvas.height = h;
  const context = canvas.getContext("2d");
  const image = context.createImageData(w, h);
  const pixels = new Uint32Array(image.data.buffer);
  const size = store.points[panel].x.length > 20_000 ? 2 : 5;
  const { colours, of } = palette(store.colour);
  const packed = colours.map(([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0); // as the canvas holds them
  const { x, y } = store.points[panel];
  for (const row of rows) {
    if (!isShown(store, row) || !Number.isFinite(x[row])) continue;
    const left = Math.round(at.x(x[row]) - size / 2);
    const top = Math.round(at.y(y[row]) - size / 2);
    const colour = packed[of(row)];
    for (let py = Math.max(0, top); py < Math.min(h, top + size); py++) {
      for (let px = Math.max(0, left); px < Math.min(w, left + size); px++) pixels[py * w + px] = colour;
    }
  }
  context.putImageData(image, 0, 0);
}

// --- hover -----------------------------------------------------------------------------------------------------

// Ring an object in all maps, with its stamp beside it.
export function hover(store, row) {
  if (store.hovered === row) return;
  store.hovered = row;
  store.overlays.forEach((overlay, panel) => {
    placeRings(store, panel);
    placeTip(store, overlay, panel, row);
  });
}

export function clearHover(store) {
  if (store.hovered !== null && store.hovered !== undefined && store.overlays) hover(store, null);
}

function placeTip(store, overlay, panel, row) {
  const { tip } = overlay;
  const at = store.points && screen(overlay);
  tip.hidden = row === null || !at;
  if (tip.hidden) return;
  const { x, y } = store.points[panel];
  tip.hidden = !Number.isFinite(x[row]) || !isOn(at, x[row], y[row]);
  if (tip.hidden) return;
  tip.replaceChildren();
  const image = element("img", null, tip);
  image.alt = "stamp";
  image.src = absolute(`${store.maps.view}/stamp/${row}.png`);
  element("b", null, tip, store.ids?.[row] ?? "");
  element("span", null, tip, meaning(store, row));
  tip.dataset.row = String(row);
  const [px, py] = [at.l + at.x(x[row]), at.t + at.y(y[row])];
  // Beside the point, towards the middle, so that it is never cut off.
  tip.style.left = px < at.l + at.w / 2 ? `${px + 14}px` : "auto";
  tip.style.right = px < at.l + at.w / 2 ? "auto" : `${overlay.root.clientWidth - px + 14}px`;
  tip.style.top = py < at.t + at.h / 2 ? `${py}px` : "auto";
  tip.style.bottom = py < at.t + at.h / 2 ? "auto" : `${overlay.root.clientHeight - py}px`;
}

const isOn = (at, x, y) => at.x(x) >= 0 && at.x(x) <= at.w && at.y(y) >= 0 && at.y(y) <= at.h;

// What the colour of a row says.
function meaning(store, row) {
  const { kind, entries, codes, values, title } = store.colour;
  if (kind === "categories") return entries[codes[row]]?.name ?? "";
  return `${title.split(":")[0]}: ${Number.isFinite(values[row]) ? values[row].toPrecision(5) : "none"}`;
}
