// What lies above the points: rings around objects, selected points, the stamp under the pointer. The points are not
// drawn again for it, which would take longer than everything else that a click does.

import { element } from "../shared/dom.js";
import { meaning, palette } from "./colours.js";
import { absolute } from "./fetching.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./panel.js").Panel} Panel */

const SVG = "http://www.w3.org/2000/svg";
const TIP_GAP = 14; // pixels between a point and its stamp

/**
 * Draw above the maps whatever the store says.
 * @param {Store} store
 */
export function connectOverlay(store) {
  for (const name of /** @type {const} */ (["query", "near", "selection", "colour"])) {
    store.on(name, () => store.panels.forEach((panel) => placeAll(store, panel)));
  }
  store.on("view", (panel) => placeAll(store, panel));
  store.on("hover", (withStamp) => {
    for (const panel of store.panels) {
      placeRings(store, panel);
      if (withStamp) placeTip(store, panel);
    }
  });
}

/**
 * @param {Store} store
 * @param {Panel} panel
 */
function placeAll(store, panel) {
  placeRings(store, panel);
  drawSelection(store, panel);
}

/** @param {Panel} panel */
export function clearOverlay({ canvas, rings, tip }) {
  canvas.width = canvas.width;
  rings.replaceChildren();
  tip.hidden = true;
}

// --- rings -----------------------------------------------------------------------------------------------------

/**
 * [where, class, radius in pixels] of every ring on a map.
 * @param {Store} store
 * @param {Panel} panel
 * @returns {[[number, number] | null, string, number][]}
 */
function marksOf({ near, query, hovered, maps }, panel) {
  /** @type {(rows: number[], kind: string, radius: number) => [[number, number] | null, string, number][]} */
  const rings = (rows, kind, radius) => rows.map((row) => [panel.place(row), kind, radius]);
  return [
    ...rings(near?.panels[panel.index]?.items.map((item) => item.row) ?? [], "zx-near", 6),
    ...rings(query.unlike, "zx-unlike", 9),
    ...rings(query.like.slice(1), "zx-like", 9),
    ...rings(query.like.slice(0, 1), "zx-picked", 10),
    ...rings(hovered === null ? [] : [hovered], "zx-hovered", 8),
    [maps?.uploaded?.[panel.index] ?? null, "zx-uploaded-alert", 9],
  ];
}

/**
 * @param {Store} store
 * @param {Panel} panel
 */
function placeRings(store, panel) {
  const at = panel.points && panel.screen();
  if (!at) return;
  Object.assign(panel.rings.style, { left: `${at.l}px`, top: `${at.t}px`, width: `${at.w}px`, height: `${at.h}px` });
  const shapes = [];
  for (const [place, kind, radius] of marksOf(store, panel)) {
    if (place) shapes.push(shape(at.x(place[0]), at.y(place[1]), kind, radius)); // it may have no place on this map yet
  }
  panel.rings.replaceChildren(...shapes);
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} kind
 * @param {number} radius
 */
function shape(x, y, kind, radius) {
  const made = document.createElementNS(SVG, kind === "zx-uploaded-alert" ? "path" : "circle");
  /** @type {Record<string, string | number>} */
  const attributes = kind === "zx-uploaded-alert" ? { d: `M${x} ${y - 11}l9 18h-18z` } : { r: radius, cx: x, cy: y };
  for (const [name, value] of Object.entries({ ...attributes, class: kind })) made.setAttribute(name, String(value));
  return made;
}

// --- selection -------------------------------------------------------------------------------------------------

/**
 * Selected points above the dimmed rest.
 * @param {Store} store
 * @param {Panel} panel
 */
function drawSelection(store, panel) {
  const at = panel.points && panel.screen();
  if (!at) return;
  const { canvas, root } = panel;
  const rows = store.selection;
  root.classList.toggle("zx-dimmed", rows !== null);
  canvas.hidden = rows === null;
  if (rows === null) return;
  const [w, h] = [Math.round(at.w), Math.round(at.h)];
  Object.assign(canvas.style, { left: `${at.l}px`, top: `${at.t}px`, width: `${w}px`, height: `${h}px` });
  Object.assign(canvas, { width: w, height: h });
  const image = new ImageData(w, h);
  paint(new Uint32Array(image.data.buffer), w, h, store, panel, rows, at);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}

/**
 * @param {Uint32Array} pixels
 * @param {number} w
 * @param {number} h
 * @param {Store} store
 * @param {Panel} panel
 * @param {Uint32Array} rows
 * @param {import("./viewport.js").Viewport} at
 */
function paint(pixels, w, h, store, panel, rows, at) {
  const { points } = panel;
  if (!points || !store.colour) return;
  const size = points.x.length > 20_000 ? 2 : 5;
  const { colours, of } = palette(store.colour);
  const packed = colours.map(([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0); // as the canvas holds them
  for (const row of rows) {
    if (!store.isShown(row) || !Number.isFinite(points.x[row])) continue;
    const left = Math.round(at.x(points.x[row]) - size / 2);
    const top = Math.round(at.y(points.y[row]) - size / 2);
    const colour = packed[of(row)];
    for (let py = Math.max(0, top); py < Math.min(h, top + size); py++) {
      for (let px = Math.max(0, left); px < Math.min(w, left + size); px++) pixels[py * w + px] = colour;
    }
  }
}

// --- hover -----------------------------------------------------------------------------------------------------

/**
 * The stamp, name and class of the row that is pointed at, beside its point.
 * @param {Store} store
 * @param {Panel} panel
 */
function placeTip(store, panel) {
  const { tip, root } = panel;
  const { hovered: row, colour } = store;
  const at = panel.screen();
  const place = row === null ? null : panel.place(row);
  const [x, y] = at && place ? [at.x(place[0]), at.y(place[1])] : [-1, -1];
  tip.hidden = row === null || !at?.holds(x, y);
  if (row === null || !at || tip.hidden) return;
  tip.replaceChildren();
  const image = element("img", null, tip);
  image.alt = "stamp";
  image.src = absolute(`${store.view}/stamp/${row}.png`);
  element("b", null, tip, store.ids?.[row] ?? "");
  element("span", null, tip, colour ? meaning(colour, row) : "");
  tip.dataset.row = String(row);
  // Beside the point, towards the middle, so that it is never cut off.
  const [isLeft, isHigh] = [x < at.w / 2, y < at.h / 2];
  Object.assign(tip.style, {
    left: isLeft ? `${at.l + x + TIP_GAP}px` : "auto",
    right: isLeft ? "auto" : `${root.clientWidth - at.l - x + TIP_GAP}px`,
    top: isHigh ? `${at.t + y}px` : "auto",
    bottom: isHigh ? "auto" : `${root.clientHeight - at.t - y}px`,
  });
}
