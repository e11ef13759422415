// The maps themselves: plotly.js draws the points; everything that moves is drawn above them, in overlay.js.

import { element, messageOf, part, problem } from "../shared/dom.js";
import { placePicture, showAll, watchCamera } from "./camera.js";
import { shadesOf, stillHidden } from "./colours.js";
import { bytes, loadPlotly } from "./fetching.js";
import { PointGrid } from "./grid.js";
import { clearOverlay } from "./overlay.js";
import { Panel } from "./panel.js";
import { watchPointer } from "./pointer.js";
import { layoutOf, tracesOf } from "./traces.js";
import { watchSize, watchTheme } from "./watch.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./types").PlotlyApi} PlotlyApi */
/** @typedef {import("./types").Colouring} Colouring */
/** @typedef {{ Plotly: PlotlyApi, ids: string[] | null, maps: import("./traces.js").Points[] }} Loaded */

/** @type {WeakMap<Element, Panel>} */
const panels = new WeakMap();

/**
 * Hide and show classes in all maps.
 * @param {Store} store
 */
export function connectMaps(store) {
  store.on("hidden", (entry) => {
    const visible = !store.hidden.has(entry);
    for (const { plot } of store.panels) window.Plotly?.restyle(plot, { visible }, [entry]);
  });
  store.on("selection", () => {
    if (store.root) store.root.dataset.selected = String(store.selection?.length ?? 0);
  });
}

/**
 * @param {Store} store
 * @param {import("./types").MapsMessage} data
 * @param {HTMLElement} parent
 */
export function mountMaps(store, data, parent) {
  const root = part(parent, ".zx-maps");
  const isNew = store.root !== root || store.maps?.version !== data.version;
  store.maps = data;
  if (!isNew) return;
  if (store.root !== root) unmountMaps(store);
  Object.assign(store, { root, drawn: null, loaded: null });
  root.dataset.panels = String(data.panels.length); // a single map takes the whole width
  root.dataset.ready = "false";
  const charts = [...root.querySelectorAll(".zx-chart")].slice(0, data.panels.length);
  store.panels = charts.map((chart, index) => panelOf(store, chart, index));
  store.panels.forEach((panel) => panel.renew(data.version));
  const legend = part(root, ".zx-legend");
  if (!legend.childElementCount) element("span", "zx-count", legend, "Fetching the maps …");
  watchTheme(root, () => redraw(store));
}

/**
 * The panel of an element, which is listened to once.
 * @param {Store} store
 * @param {Element} chart
 * @param {number} index
 */
function panelOf(store, chart, index) {
  let panel = panels.get(chart);
  if (!panel) {
    panel = new Panel(/** @type {import("./types").PlotlyElement} */ (chart), index);
    panels.set(chart, panel);
    watchPointer(store, panel);
    watchCamera(store, panel);
  }
  return panel;
}

/**
 * Let go of the pictures of a page that was left.
 * @param {Store} store
 */
export function unmountMaps(store) {
  for (const panel of store.panels) {
    panel.renew("");
    window.Plotly?.purge(panel.plot);
  }
  Object.assign(store, { root: null, panels: [], hovered: null, loaded: null });
}

/**
 * @param {import("./types").MapsMessage} data
 * @returns {Promise<Loaded>}
 */
async function load(data) {
  const [Plotly, ids, ...points] = await Promise.all([
    loadPlotly(data.plotly),
    data.ids ? bytes(data.ids, Uint8Array) : null,
    ...data.panels.map((panel) => bytes(panel.points, Float32Array)),
  ]);
  const maps = points.map((xy) => ({ x: xy.subarray(0, xy.length / 2), y: xy.subarray(xy.length / 2) }));
  return { Plotly, ids: ids && new TextDecoder().decode(ids).split("\n"), maps };
}

/**
 * Draw what the last message says, if it is not drawn.
 * @param {Store} store
 */
export async function drawMaps(store) {
  const data = store.maps;
  if (!data || !store.root?.isConnected) return;
  if (store.drawn === data.colour.id) return store.panels.forEach((panel) => store.tell("view", panel));
  try {
    const loaded = await (store.loaded ??= load(data));
    const colour = await decoded(data.colour, loaded.maps[0].x.length);
    // Unless a later message came.
    if (store.maps === data && store.root?.isConnected && store.drawn !== data.colour.id) draw(store, loaded, colour);
  } catch (error) {
    if (store.maps === data && store.root) sayProblem(store, store.root, error);
  }
}

/**
 * @param {Store} store
 * @param {HTMLElement} root
 * @param {unknown} error
 */
function sayProblem(store, root, error) {
  console.warn(error);
  store.loaded = null;
  const legend = part(root, ".zx-legend");
  legend.querySelectorAll(".zx-problem").forEach((line) => line.remove());
  if (store.drawn === null) legend.replaceChildren();
  const line = problem(legend, `The maps cannot be drawn: ${messageOf(error)}.`, () => {
    line.remove();
    drawMaps(store);
  });
}

/**
 * The message about colours with its arrays.
 * @param {import("./types").ColourMessage} message
 * @param {number} n how many rows there are
 * @returns {Promise<Colouring>}
 */
async function decoded(message, n) {
  const mask = message.shown ? await bytes(message.shown, Uint8Array) : null;
  if (message.kind === "categories") return { ...message, codes: await bytes(message.codes, Uint8Array), mask };
  const values = (await bytes(message.values, Float32Array)).subarray(0, n);
  return { ...message, values, codes: shadesOf(values, message), mask };
}

/**
 * @param {Store} store
 * @param {Loaded} loaded
 * @param {Colouring} colour
 */
function draw(store, { Plotly, ids, maps }, colour) {
  const isFirst = store.drawn === null;
  store.drawn = colour.id;
  store.ids = ids;
  store.hidden = stillHidden(store.hidden, store.colour, colour);
  store.colour = colour;
  store.panels.forEach((panel, i) => (panel.points = maps[i]));
  store.root?.querySelectorAll(".zx-title").forEach((title, i) => (title.textContent = store.maps?.panels[i]?.title ?? ""));
  store.hover(null);
  store.panels.forEach((panel) => drawMap(store, Plotly, panel, isFirst));
  store.tell("colour", undefined);
  if (store.root) store.root.dataset.ready = "true";
  setTimeout(() => sortPoints(store, maps)); // not before the first picture: a million points take a moment to sort
}

/**
 * @param {Store} store
 * @param {import("./traces.js").Points[]} maps
 */
function sortPoints(store, maps) {
  store.panels.forEach((panel, i) => {
    if (panel.points === maps[i]) panel.grid ??= new PointGrid(maps[i].x, maps[i].y);
  });
}

/**
 * The same in other colours of the page.
 * @param {Store} store
 */
function redraw(store) {
  for (const panel of store.panels) if (window.Plotly) drawMap(store, window.Plotly, panel, false);
}

/**
 * @param {HTMLElement} root
 * @returns {import("./traces.js").Theme}
 */
function themeOf(root) {
  const style = getComputedStyle(root);
  /** @type {(name: string, fallback: string) => string} */
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  return {
    text: read("--st-text-color", "#31333f"),
    border: read("--st-border-color", "#d0d3da"),
    font: read("--st-font", "sans-serif"),
  };
}

/**
 * @param {Store} store
 * @param {PlotlyApi} Plotly
 * @param {Panel} panel
 * @param {boolean} isFirst whether other points are drawn than before
 */
function drawMap(store, Plotly, panel, isFirst) {
  const { colour, root, maps } = store;
  if (!panel.points || !colour || !root || !maps) return;
  const theme = themeOf(root);
  const traces = tracesOf(panel.points, colour, store.hidden, theme, panel === store.panels.at(-1));
  const all = { name: "all", title: "Show all points (F)", icon: Plotly.Icons.home, click: () => showAll(panel) };
  panel.config ??= {
    scrollZoom: false, doubleClick: false, displaylogo: false,
    modeBarButtons: [["toImage", all]],
    toImageButtonOptions: { filename: `ztfexplore-map-${maps.panels[panel.index].encoder}`, scale: 2 },
  };
  Plotly.react(panel.plot, traces, layoutOf(panel.seen, theme), panel.config);
  if (isFirst) clearOverlay(panel);
  if (!panel.isWatched) watchPlot(store, Plotly, panel);
}

/**
 * @param {Store} store
 * @param {PlotlyApi} Plotly
 * @param {Panel} panel
 */
function watchPlot(store, Plotly, panel) {
  panel.isWatched = true;
  watchSize(panel.plot, Plotly);
  for (const name of ["plotly_afterplot", "plotly_relayout"]) {
    panel.plot.on(name, () => {
      if (!store.panels.includes(panel)) return; // the page was left
      store.hover(null);
      placePicture(panel);
      store.tell("view", panel);
    });
  }
}
