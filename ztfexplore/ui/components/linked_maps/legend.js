// The line above the maps: what the colours mean, and the tools.

import { absolute, element } from "./data.js";
import { toggle } from "./maps.js";
import { setTool } from "./pointer.js";

const SYMBOLS = {
  circle: "●", diamond: "◆", "triangle-up": "▲", square: "■", x: "✖", cross: "✚", "triangle-down": "▼", star: "★",
};
const TOOLS = [
  ["move", "Move", "Drag moves the map, the wheel zooms; keys + and - zoom both maps, F or a double click shows everything"],
  ["box", "Box", "Drag to select the objects in a rectangle; with shift they are added"],
  ["lasso", "Lasso", "Draw around objects to select them; with shift they are added"],
];

export function drawLegend(store, Plotly) {
  const legend = store.root.querySelector(".zx-legend");
  legend.replaceChildren();
  drawTools(store, legend);
  if (store.maps.note) element("span", "zx-badge", legend, store.maps.note);
  drawDownload(store, legend);
  if (store.colour.kind === "numbers") {
    const title = store.colour.title;
    element("span", null, legend, `Coloured by ${title}; grey where there is none. The scale spans the 1st to 99th percentile.`);
    return;
  }
  if (store.colour.legend) element("span", "zx-count", legend, store.colour.legend);
  store.colour.entries.forEach((entry, i) => drawEntry(store, Plotly, legend, entry, i));
}

function drawTools(store, legend) {
  const tools = element("span", "zx-tools", legend);
  tools.setAttribute("role", "group");
  tools.setAttribute("aria-label", "What dragging does");
  for (const [name, sign, title] of TOOLS) {
    const button = element("button", "zx-tool", tools, sign);
    button.type = "button";
    button.title = title;
    button.dataset.tool = name;
    button.setAttribute("aria-label", title);
    button.onclick = () => setTool(store, name);
  }
  setTool(store, store.tool);
}

// The numbers behind the maps, as a file.
function drawDownload(store, legend) {
  const link = element("a", "zx-download", legend, "CSV");
  link.href = absolute(store.maps.table);
  link.download = "";
  link.title = "Save the points of these maps as CSV: candid, object_id, label, x and y in each map";
}

function drawEntry(store, Plotly, legend, entry, i) {
  const button = element("button", "zx-entry", legend);
  button.type = "button";
  button.title = "Show or hide";
  button.setAttribute("aria-pressed", String(!store.hidden.has(i)));
  const many = store.points[0].x.length > 50_000; // too many for symbols
  const symbol = element("span", "zx-symbol", button, SYMBOLS[many ? "circle" : entry.symbol] ?? "●");
  symbol.style.color = entry.colour;
  element("span", null, button, `${entry.name} `);
  element("span", "zx-count", button, entry.count.toLocaleString("en"));
  button.onclick = () => {
    toggle(store, Plotly, i);
    button.setAttribute("aria-pressed", String(!store.hidden.has(i)));
  };
}
