// The line above the maps: what the colours mean, and the tools.

import { button, element, part } from "../shared/dom.js";
import { MANY, SIGNS } from "./colours.js";
import { absolute } from "./fetching.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./store.js").Tool} Tool */

/** @type {[Tool, string, string][]} */
const TOOLS = [
  ["move", "Move", "Drag moves the map, the wheel zooms; keys + and - zoom both maps, F or a double click shows everything"],
  ["box", "Box", "Drag to select the objects in a rectangle; with shift they are added"],
  ["lasso", "Lasso", "Draw around objects to select them; with shift they are added"],
];

/**
 * Draw the line anew with every colour, and press its buttons as the store says.
 * @param {Store} store
 */
export function connectLegend(store) {
  store.on("colour", () => store.root && drawLegend(store, store.root));
  store.on("tool", () => store.root && pressTool(store, store.root));
  store.on("hidden", (entry) => {
    store.root?.querySelectorAll(".zx-entry")[entry]?.setAttribute("aria-pressed", String(!store.hidden.has(entry)));
  });
}

/**
 * @param {Store} store
 * @param {HTMLElement} root
 */
function drawLegend(store, root) {
  const legend = part(root, ".zx-legend");
  const { colour, maps } = store;
  if (!colour || !maps) return;
  legend.replaceChildren();
  drawTools(store, legend);
  pressTool(store, root);
  if (maps.note) element("span", "zx-badge", legend, maps.note);
  drawDownload(legend, maps.table);
  if (colour.kind === "numbers") {
    const text = `Coloured by ${colour.title}; grey where there is none. The scale spans the 1st to 99th percentile.`;
    element("span", null, legend, text);
    return;
  }
  if (colour.legend) element("span", "zx-count", legend, colour.legend);
  colour.entries.forEach((entry, i) => drawEntry(store, legend, entry, i));
}

/**
 * @param {Store} store
 * @param {HTMLElement} legend
 */
function drawTools(store, legend) {
  const tools = element("span", "zx-tools", legend);
  tools.setAttribute("role", "group");
  tools.setAttribute("aria-label", "What dragging does");
  for (const [name, sign, title] of TOOLS) {
    const made = button("zx-tool", tools, sign, title, () => store.setTool(name));
    made.dataset.tool = name;
    made.setAttribute("aria-label", title);
  }
}

/**
 * @param {Store} store
 * @param {HTMLElement} root
 */
function pressTool({ tool }, root) {
  root.dataset.tool = tool;
  for (const made of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(".zx-tool"))) {
    made.setAttribute("aria-pressed", String(made.dataset.tool === tool));
  }
}

/**
 * The numbers behind the maps, as a file.
 * @param {HTMLElement} legend
 * @param {string} table
 */
function drawDownload(legend, table) {
  const link = element("a", "zx-download", legend, "CSV");
  link.href = absolute(table);
  link.download = "";
  link.title = "Save the points of these maps as CSV: candid, object_id, label, x and y in each map";
}

/**
 * @param {Store} store
 * @param {HTMLElement} legend
 * @param {import("./types").LegendEntry} entry
 * @param {number} i
 */
function drawEntry(store, legend, entry, i) {
  const made = button("zx-entry", legend, undefined, "Show or hide", () => store.toggle(i));
  made.setAttribute("aria-pressed", String(!store.hidden.has(i)));
  const areMany = (store.panels[0]?.points?.x.length ?? 0) > MANY; // too many for symbols
  const sign = element("span", "zx-symbol", made, SIGNS[areMany ? "circle" : entry.symbol] ?? SIGNS.circle);
  sign.style.color = entry.colour;
  element("span", null, made, `${entry.name} `);
  element("span", "zx-count", made, entry.count.toLocaleString("en"));
}
