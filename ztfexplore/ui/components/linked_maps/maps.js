// The maps themselves: plotly.js draws the points; everything that moves is drawn above them, in overlay.js.

import { dropHidden } from "./actions.js";
import { axisRange, forgetView, placePicture, showAll, watchCamera } from "./camera.js";
import { bytes, element, loadPlotly, problem } from "./data.js";
import { PointGrid } from "./grid.js";
import { drawLegend } from "./legend.js";
import { clearHover, clearOverlay, drawSelection, newOverlay, placeAll } from "./overlay.js";
import { watchPointer } from "./pointer.js";
import { watchSize, watchTheme } from "./watch.js";

const OTHER = "#9aa0a6";
const SHADES = 48; // colours of a scale, where a colour of its own for each point would take too long
const MANY = 50_000;

export function mountMaps(store, data, parent) {
  const root = parent.querySelector(".zx-maps");
  const isNew = store.root !== root || store.maps?.version !== data.version;
  store.maps = data;
  if (!isNew) return;
  if (store.root !== root) unmountMaps(store);
  store.root = root;
  store.drawn = { geometry: data.version };
  root.dataset.panels = String(data.panels.length); // a single map takes the whole width
  root.dataset.ready = "false";
  store.plots = [...root.querySelectorAll(".zx-chart")].slice(0, data.panels.length);
  store.overlays = store.plots.map((plot) => newOverlay(plot));
  store.loaded = null;
  const legend = root.querySelector(".zx-legend");
  if (!legend.childElementCount) element("span", "zx-count", legend, "Fetching the maps …");
  watchTheme(root, () => redraw(store));
}

// Let go of the pictures of a page that was left.
export function unmountMaps(store) {
  store.plots?.forEach((plot) => window.Plotly?.purge(plot));
  Object.assign(store, { root: null, plots: [], overlays: [], hovered: null });
  Object.assign(store, { loaded: null, points: null, groups: null, grids: null, gridsOf: null });
}

async function load(data) {
  const [Plotly, ids, ...points] = await Promise.all([
    loadPlotly(data.plotly),
    data.ids ? bytes(data.ids, Uint8Array) : null,
    ...data.panels.map((panel) => bytes(panel.points, Float32Array)),
  ]);
  const maps = points.map((xy) => ({ x: xy.subarray(0, xy.length / 2), y: xy.subarray(xy.length / 2) }));
  return { Plotly, ids: ids && new TextDecoder().decode(ids).split("\n"), maps };
}

export async function drawMaps(store) {
  const data = store.maps;
  if (!data || !store.root?.isConnected) return;
  if (store.drawn.colour === data.colour.id) return placeAll(store);
  try {
    const loaded = await (store.loaded ??= load(data));
    const colour = await decoded(data.colour, loaded.maps[0].x.length);
    // Unless a later message came.
    if (store.maps === data && store.root?.isConnected && store.drawn.colour !== data.colour.id) draw(store, loaded, colour);
  } catch (error) {
    if (store.maps === data && store.root) sayProblem(store, error);
  }
}

function sayProblem(store, error) {
  console.warn(error);
  store.loaded = null;
  const legend = store.root.querySelector(".zx-legend");
  legend.querySelectorAll(".zx-problem").forEach((line) => line.remove());
  if (!store.points) legend.replaceChildren();
  const line = problem(legend, `The maps cannot be drawn: ${error.message}.`, () => {
    line.remove();
    drawMaps(store);
  });
}

function draw(store, { Plotly, ids, maps }, colour) {
  const data = store.maps;
  const first = store.drawn.colour === undefined;
  store.drawn.colour = data.colour.id;
  store.points = maps;
  store.ids = ids;
  store.hidden = stillHidden(store, colour);
  store.colour = colour;
  store.root.querySelectorAll(".zx-title").forEach((title, i) => (title.textContent = data.panels[i]?.title ?? ""));
  store.groups = groupRows(colour, maps[0].x.length);
  clearHover(store);
  drawLegend(store, Plotly);
  if (first) store.overlays.forEach(forgetView);
  store.plots.forEach((plot, panel) => drawMap(store, Plotly, plot, panel, first));
  store.root.dataset.ready = "true";
  // Not before the first picture: a million points take a moment to sort.
  if (store.gridsOf !== maps) store.grids = null;
  setTimeout(() => {
    if (store.points !== maps || store.gridsOf === maps) return;
    Object.assign(store, { grids: maps.map(({ x, y }) => new PointGrid(x, y)), gridsOf: maps });
  });
  placeAll(store);
}

// Classes that were hidden stay hidden if the same kind of classes is drawn again, with one label more for example.
function stillHidden(store, { kind, entries, legend }) {
  const before = store.colour;
  if (kind !== "categories" || before?.kind !== kind || before.legend !== legend) return new Set();
  const names = new Set([...store.hidden].map((entry) => before.entries[entry].name));
  return new Set(entries.flatMap((entry, i) => (names.has(entry.name) ? [i] : [])));
}

// The same in other colours of the page.
function redraw(store) {
  if (!store.points || !window.Plotly) return;
  store.plots.forEach((plot, panel) => drawMap(store, window.Plotly, plot, panel, false));
}

// The message about colours with its arrays: a code for each row, and which entry of the legend it belongs to.
async function decoded(colour, n) {
  const [codes, values, shown] = await Promise.all([
    colour.codes ? bytes(colour.codes, Uint8Array) : null,
    colour.values ? bytes(colour.values, Float32Array) : null,
    colour.shown ? bytes(colour.shown, Uint8Array) : null,
  ]);
  return { ...colour, codes: codes ?? shades(values, colour, n), values, mask: shown };
}

// Numbers as codes of SHADES colours, the last for those without a value; only where points are many.
function shades(values, colour, n) {
  const codes = new Uint8Array(n);
  if (n <= MANY) return codes;
  for (let i = 0; i < n; i++) codes[i] = shade(values[i], colour);
  return codes;
}

// Which of the SHADES a number has; the one after them for none.
function shade(value, { low, high }) {
  const at = Math.floor(((value - low) / (high - low)) * SHADES);
  return Number.isFinite(value) ? Math.max(0, Math.min(SHADES - 1, at)) : SHADES;
}

// The colours of the maps, [red, green, blue], and which of them a row has.
export function palette({ kind, entries, codes, values, low, high }) {
  if (kind === "categories") return { colours: entries.map(({ colour }) => rgb(colour)), of: (row) => codes[row] };
  const shades = Array.from({ length: SHADES }, (_, i) => viridis((i + 0.5) / SHADES));
  return { colours: [...shades, rgb(OTHER)], of: (row) => shade(values[row], { low, high }) };
}

const rgb = (hex) => [1, 3, 5].map((from) => parseInt(hex.slice(from, from + 2), 16));

// Rows of each trace; those that a filter leaves out are in none.
function groupRows({ kind, codes, entries, mask }, n) {
  const size = kind === "categories" ? entries.length : n > MANY ? SHADES + 1 : 1;
  const counts = new Uint32Array(size);
  for (let row = 0; row < n; row++) if (!mask || mask[row]) counts[codes[row]]++;
  const groups = Array.from(counts, (count) => new Uint32Array(count));
  const filled = new Uint32Array(size);
  for (let row = 0; row < n; row++) if (!mask || mask[row]) groups[codes[row]][filled[codes[row]]++] = row;
  return groups;
}

// Whether a row is on the maps: neither filtered out nor of a class that the legend hides.
export function isShown(store, row) {
  const { mask } = store.colour;
  return (!mask || mask[row]) && !isHidden(store, row);
}

export function theme(store) {
  const style = getComputedStyle(store.root);
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  return {
    text: read("--st-text-color", "#31333f"),
    border: read("--st-border-color", "#d0d3da"),
    font: read("--st-font", "sans-serif"),
  };
}

const pointSize = (n) => (n > 200_000 ? 2 : n > 20_000 ? 3.5 : 6);

function gather(source, rows) {
  const found = new Float32Array(rows.length);
  for (let i = 0; i < rows.length; i++) found[i] = source[rows[i]];
  return found;
}

function traces(store, Plotly, panel) {
  const { x, y } = store.points[panel];
  const size = pointSize(x.length);
  const trace = (rows, marker) => ({
    type: "scattergl", mode: "markers", hoverinfo: "skip", x: gather(x, rows), y: gather(y, rows),
    marker: { size, line: { width: 0 }, ...marker },
  });
  const { kind, entries } = store.colour;
  if (kind === "categories") {
    return entries.map((entry, i) => ({
      ...trace(store.groups[i], {
        color: entry.colour, symbol: x.length > MANY ? "circle" : entry.symbol, opacity: entry.colour === OTHER ? 0.35 : 0.8,
      }),
      name: entry.name,
      visible: !store.hidden.has(i),
    }));
  }
  return numberTraces(store, panel, trace);
}

function numberTraces(store, panel, trace) {
  const { colour, groups } = store;
  const { text } = theme(store);
  const name = colour.title.split(":")[0]; // what follows explains, and stands in the legend
  const scale = {
    colorscale: "Viridis", cmin: colour.low, cmax: colour.high, showscale: panel === store.plots.length - 1,
    // Below the buttons in the corner.
    colorbar: { title: { text: name, side: "right" }, y: 0, yanchor: "bottom", len: 0.9, thickness: 10, outlinewidth: 0, tickfont: { color: text } },
  };
  if (groups.length === 1) {
    const known = groups[0].filter((row) => Number.isFinite(colour.values[row]));
    const none = groups[0].filter((row) => !Number.isFinite(colour.values[row]));
    return [
      trace(none, { color: OTHER, opacity: 0.35 }),
      trace(known, { color: gather(colour.values, known), opacity: 0.85, ...scale }),
    ];
  }
  const shaded = groups.map((rows, shade) =>
    shade === SHADES
      ? trace(rows, { color: OTHER, opacity: 0.35 })
      : trace(rows, { color: `rgb(${viridis((shade + 0.5) / SHADES)})`, opacity: 0.85 }),
  );
  // The bar beside the maps belongs to a trace without points.
  const bar = { type: "scatter", mode: "markers", x: [null], y: [null], hoverinfo: "skip", marker: { color: [colour.low], ...scale } };
  return [shaded[SHADES], ...shaded.slice(0, SHADES), bar];
}

// plotly's Viridis at a share from 0 to 1: [red, green, blue].
function viridis(share) {
  const stops = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"];
  const at = share * (stops.length - 1);
  const low = Math.floor(at);
  const [from, to] = [rgb(stops[low]), rgb(stops[Math.min(low + 1, stops.length - 1)])];
  return from.map((a, i) => Math.round(a + (to[i] - a) * (at - low)));
}

function drawMap(store, Plotly, plot, panel, first) {
  const { text, border, font } = theme(store);
  const axis = (name, title) => ({
    ...axisRange(store.overlays[panel], name), fixedrange: true,
    title: { text: title, standoff: 4, font: { size: 11 } },
    showticklabels: false, zeroline: false, showgrid: false, showline: true, linecolor: border, mirror: true,
  });
  const layout = {
    margin: { l: 24, r: 4, t: 4, b: 24 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: text, family: font, size: 12 },
    xaxis: axis("x", "UMAP 1 (no unit)"), yaxis: axis("y", "UMAP 2 (no unit)"),
    // What is under the pointer is found by our own grid: plotly's search draws out at 100,000 points. The camera is
    // ours, too.
    hovermode: false, dragmode: false, showlegend: false,
    modebar: { bgcolor: "rgba(0,0,0,0)", color: border, activecolor: text },
  };
  // The same object each time: plotly begins anew, with new WebGL contexts, where it finds another function in it.
  const config = (store.overlays[panel].config ??= {
    scrollZoom: false, doubleClick: false, displaylogo: false,
    modeBarButtons: [["toImage", { name: "all", title: "Show all points (F)", icon: Plotly.Icons.home, click: () => showAll(store, panel) }]],
    toImageButtonOptions: { filename: `ztfexplore-map-${store.maps.panels[panel].encoder}`, scale: 2 },
  });
  Plotly.react(plot, traces(store, Plotly, panel), layout, config);
  if (!first) return;
  clearOverlay(store.overlays[panel]);
  watchPointer(store, panel);
  drawSelection(store, panel);
  if (plot.dataset.watched) return; // other points in the same plot
  plot.dataset.watched = "true";
  watchCamera(store, panel);
  watchSize(plot, Plotly);
  for (const name of ["plotly_afterplot", "plotly_relayout"]) {
    plot.on(name, () => {
      if (!store.overlays[panel]) return; // the page was left
      clearHover(store);
      placePicture(store.overlays[panel]);
      placeAll(store, panel);
    });
  }
}

// Show or hide an entry of the legend in all maps.
export function toggle(store, Plotly, entry) {
  store.hidden.has(entry) ? store.hidden.delete(entry) : store.hidden.add(entry);
  store.plots.forEach((plot) => Plotly.restyle(plot, { visible: !store.hidden.has(entry) }, [entry]));
  dropHidden(store);
}

// Whether a row is of a class that the legend hides.
export const isHidden = ({ colour, hidden }, row) => colour.kind === "categories" && hidden.has(colour.codes[row]);
