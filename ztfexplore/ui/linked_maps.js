// Two maps of the same objects, their shared legend, and the neighbours of the picked one.
//
// Streamlit mounts this module several times, each with a message of one role, so that what is large is sent once
// and what changes is small: "geometry" (coordinates), "colour" (codes or values), "panel" (the picked object and
// its neighbours). Mounts of one page meet in a store; whichever comes last draws.

const stores = (window.__ztfexplore ??= {});
const OTHER = "#9aa0a6";

export default function (component) {
  const { data, parentElement } = component;
  if (!data) return;
  const store = (stores[data.page] ??= { data: {}, hidden: new Set(), drawn: {} });
  store.data[data.role] = data;
  if (data.role === "geometry") mountMaps(store, data, parentElement);
  if (data.role === "panel") mountPanel(store, data, parentElement, component.setTriggerValue);
  draw(store);
}

// --- data ------------------------------------------------------------------------------------------------------

function decode(base64, Type) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Type(bytes.buffer);
}

function loadPlotly(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  return (window.__ztfexplorePlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(url, document.baseURI).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error(`cannot load ${url}`));
    document.head.appendChild(script);
  }));
}

// --- maps ------------------------------------------------------------------------------------------------------

function mountMaps(store, data, parent) {
  const root = parent.querySelector(".zx-maps");
  if (store.root === root && store.drawn.geometry === data.version) return;
  store.root = root;
  store.drawn = { geometry: data.version };
  store.hidden = new Set();
  store.points = data.panels.map((panel) => {
    const xy = decode(panel.points, Float32Array); // x of all, then y of all
    const n = xy.length / 2;
    return { x: xy.subarray(0, n), y: xy.subarray(n) };
  });
  store.ids = data.object_ids ? data.object_ids.split("\n") : null;
  root.dataset.panels = String(data.panels.length); // a single map takes the whole width
  root.querySelectorAll(".zx-title").forEach((element, i) => (element.textContent = data.panels[i]?.title ?? ""));
  store.plots = [...root.querySelectorAll(".zx-chart")].slice(0, data.panels.length);
  store.layers = [...root.querySelectorAll(".zx-marks")];
  store.marks = { picked: null, near: data.panels.map(() => []) };
  root.dataset.ready = "false";
  store.plotly = loadPlotly(data.plotly).catch((error) => {
    root.querySelector(".zx-legend").textContent = `The maps cannot be drawn: ${error.message}`;
    throw error;
  });
}

function draw(store) {
  const { geometry, colour, panel } = store.data;
  if (!geometry || !colour || !store.root?.isConnected || colour.version !== geometry.version) return;
  store.plotly.then((Plotly) => {
    if (store.drawn.colour !== colour.id) {
      store.drawn.colour = colour.id;
      store.hidden = new Set();
      drawLegend(store, Plotly, colour);
      store.groups = groupRows(colour, store.points[0].x.length);
      store.plots.forEach((plot, i) => drawMap(store, Plotly, plot, i, colour));
      store.root.dataset.ready = "true";
    }
    if (panel) drawMarks(store, panel);
  });
}

// Rows of each legend entry, so that a point of a trace leads back to its row.
function groupRows(colour, n) {
  if (colour.kind === "numbers") return [Uint32Array.from({ length: n }, (_, i) => i)];
  const codes = decode(colour.codes, Uint8Array);
  const counts = new Uint32Array(colour.entries.length);
  for (const code of codes) counts[code]++;
  const groups = colour.entries.map((_, i) => new Uint32Array(counts[i]));
  const filled = new Uint32Array(colour.entries.length);
  for (let row = 0; row < n; row++) groups[codes[row]][filled[codes[row]]++] = row;
  return groups;
}

function pick(store, row) {
  // Mark at once; Python follows with the stamps and neighbours.
  drawMarks(store, { picked: row, panels: [] });
  store.root.dataset.asked = String(row);
  store.send?.({ row, version: store.data.geometry.version });
}

function theme(store) {
  const style = getComputedStyle(store.root);
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  return {
    text: read("--st-text-color", "#31333f"),
    background: read("--st-background-color", "#ffffff"),
    border: read("--st-border-color", "#d0d3da"),
    font: read("--st-font", "sans-serif"),
  };
}

function traceOf(store, panel, rows, entry, size) {
  const { x, y } = store.points[panel];
  return {
    type: "scattergl",
    mode: "markers",
    x: Float32Array.from(rows, (row) => x[row]),
    y: Float32Array.from(rows, (row) => y[row]),
    name: entry?.name ?? "",
    hoverinfo: "text",
    text: store.ids ? Array.from(rows, (row) => `${store.ids[row]}${entry ? `<br>${entry.name}` : ""}`) : entry?.name,
    marker: {
      size,
      color: entry?.colour,
      symbol: entry?.symbol ?? "circle",
      opacity: entry?.colour === OTHER ? 0.35 : 0.8,
      line: { width: 0 },
    },
  };
}

function drawMap(store, Plotly, plot, panel, colour) {
  const n = store.points[0].x.length;
  const size = n > 200000 ? 2 : n > 20000 ? 3.5 : 6;
  const { text, border, font } = theme(store);
  const traces =
    colour.kind === "numbers"
      ? [numberTrace(store, panel, colour, size, text)]
      : colour.entries.map((entry, i) => traceOf(store, panel, store.groups[i], entry, size));
  const axis = (title) => ({
    title: { text: title, standoff: 4, font: { size: 11 } },
    showticklabels: false, zeroline: false, showgrid: false, showline: true, linecolor: border, mirror: true,
  });
  const layout = {
    margin: { l: 24, r: 4, t: 4, b: 24 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: text, family: font, size: 12 },
    xaxis: axis("UMAP 1 (no unit)"), yaxis: axis("UMAP 2 (no unit)"),
    hovermode: "closest", hoverdistance: 12, spikedistance: 0, dragmode: "pan", showlegend: false,
    modebar: { bgcolor: "rgba(0,0,0,0)", color: border, activecolor: text },
    hoverlabel: { bgcolor: theme(store).background, bordercolor: text, font: { color: text, family: font, size: 12 } },
    uirevision: store.drawn.geometry,
  };
  const config = {
    responsive: true, scrollZoom: true, displaylogo: false,
    modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
    toImageButtonOptions: { filename: `ztfexplore-map-${panel}`, scale: 2 },
  };
  Plotly.react(plot, traces, layout, config);
  plot.removeAllListeners?.("plotly_click");
  plot.on("plotly_click", (event) => {
    const point = event.points[0];
    if (point) pick(store, store.groups[point.curveNumber][point.pointNumber]);
  });
  for (const name of ["plotly_afterplot", "plotly_relayouting", "plotly_relayout"]) {
    plot.removeAllListeners?.(name);
    plot.on(name, () => placeMarks(store, panel));
  }
  placeMarks(store, panel);
}

function numberTrace(store, panel, colour, size, text) {
  const values = decode(colour.values, Float32Array);
  const trace = traceOf(store, panel, store.groups[0], null, size);
  const shown = (value) => (Number.isFinite(value) ? value.toPrecision(5) : "none");
  const name = colour.title.split(":")[0]; // what follows explains, and stands in the legend
  trace.text = store.ids && Array.from(values, (v, row) => `${store.ids[row]}<br>${name}: ${shown(v)}`);
  trace.marker = {
    size, color: Array.from(values, (v) => (Number.isFinite(v) ? v : null)), colorscale: "Viridis",
    cmin: colour.low, cmax: colour.high, opacity: 0.85,
    showscale: panel === store.points.length - 1,
    colorbar: { title: { text: name, side: "right" }, thickness: 10, outlinewidth: 0, tickfont: { color: text } },
  };
  return trace;
}

// Rings around the picked object and its neighbours, in a layer above the chart: a change of theirs must not draw
// the points again, which takes longer than everything else that a click does.
function drawMarks(store, panel) {
  store.marks = {
    picked: panel.picked,
    near: store.plots.map((_, i) => (panel.panels[i]?.items ?? []).map((item) => item.row)),
  };
  store.plots.forEach((_, i) => placeMarks(store, i));
}

function placeMarks(store, panel) {
  const layout = store.plots[panel]._fullLayout;
  if (!layout?.xaxis) return;
  const { l, t, w, h } = layout._size;
  const layer = store.layers[panel];
  Object.assign(layer.style, { left: `${l}px`, top: `${t}px`, width: `${w}px`, height: `${h}px` });
  const across = (value, [from, to], length) => ((value - from) / (to - from)) * length;
  const { x, y } = store.points[panel];
  const ring = (row, kind, radius) => {
    const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    circle.setAttribute("class", kind);
    circle.setAttribute("r", radius);
    circle.setAttribute("cx", across(x[row], layout.xaxis.range, w));
    circle.setAttribute("cy", h - across(y[row], layout.yaxis.range, h));
    return circle;
  };
  const seen = (row) => Number.isFinite(x[row]); // an object may have no place on this map yet
  const rings = store.marks.near[panel].filter(seen).map((row) => ring(row, "zx-near", 6));
  if (store.marks.picked !== null && seen(store.marks.picked)) rings.push(ring(store.marks.picked, "zx-picked", 10));
  layer.replaceChildren(...rings);
}

// --- legend ----------------------------------------------------------------------------------------------------

const SYMBOL_TEXT = {
  circle: "●", diamond: "◆", "triangle-up": "▲", square: "■", x: "✖", cross: "✚", "triangle-down": "▼", star: "★",
};

function drawLegend(store, Plotly, colour) {
  const legend = store.root.querySelector(".zx-legend");
  legend.replaceChildren();
  if (store.data.geometry.note) element("span", "zx-badge", legend, store.data.geometry.note);
  if (colour.kind === "numbers") {
    element("span", null, legend).textContent = `Coloured by ${colour.title}; grey where there is none. The scale spans the 1st to 99th percentile.`;
    return;
  }
  colour.entries.forEach((entry, i) => {
    const button = element("button", "zx-entry", legend);
    button.type = "button";
    button.title = "Show or hide";
    button.setAttribute("aria-pressed", "true");
    const symbol = element("span", "zx-symbol", button, SYMBOL_TEXT[entry.symbol] ?? "●");
    symbol.style.color = entry.colour;
    element("span", null, button, `${entry.name} `);
    element("span", "zx-count", button, String(entry.count));
    button.onclick = () => {
      store.hidden.has(i) ? store.hidden.delete(i) : store.hidden.add(i);
      button.setAttribute("aria-pressed", String(!store.hidden.has(i)));
      store.plots.forEach((plot) => Plotly.restyle(plot, { visible: !store.hidden.has(i) }, [i]));
    };
  });
}

function element(tag, className, parent, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text; // never HTML: names come from packets
  parent?.appendChild(made);
  return made;
}

// --- neighbours ------------------------------------------------------------------------------------------------

function mountPanel(store, data, parent, setTriggerValue) {
  store.send = (value) => setTriggerValue("pick", value);
  const root = parent.querySelector(".zx-panel");
  if (root.dataset.id === data.id) return;
  root.dataset.id = data.id;
  root.replaceChildren();
  data.panels.forEach((panel) => {
    const side = element("section", "zx-side", root);
    element("h4", null, side, panel.heading);
    element("p", "zx-note", side, panel.note);
    const grid = element("div", "zx-grid", side);
    panel.items.forEach((item) => grid.appendChild(card(store, item)));
  });
  root.dataset.picked = data.picked === null ? "" : String(data.candid);
}

function card(store, item) {
  const button = element("button", "zx-card");
  button.type = "button";
  button.dataset.candid = item.candid; // a string: it exceeds 2^53
  button.title = `${item.object_id}, candid ${item.candid}${item.shared ? ", a neighbour in both embeddings" : ""}`;
  if (item.shared) button.classList.add("zx-shared");
  const image = element("img", null, button);
  image.src = item.image;
  image.alt = `stamp of ${item.object_id}`;
  const line = element("span", "zx-caption", button);
  const label = element("b", null, line, item.caption);
  label.style.setProperty("--zx-class", item.colour);
  line.classList.toggle("zx-named", item.colour === "transparent"); // a name instead of a class: in a line of its own
  if (item.simulated) element("span", "zx-distance", line, "sim");
  element("span", "zx-distance", line, item.distance.toPrecision(2));
  button.onclick = () => pick(store, item.row);
  return button;
}
