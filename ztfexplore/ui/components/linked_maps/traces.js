// The points as plotly's traces: one an entry of the legend, or one a shade of a scale.

import { MANY, OTHER, SHADES, groupRows, shadeColour, shortTitle } from "./colours.js";

/** @typedef {import("./types").CategoryColouring} CategoryColouring */
/** @typedef {import("./types").NumberColouring} NumberColouring */
/** @typedef {{ x: Float32Array, y: Float32Array }} Points */
/** @typedef {{ text: string, border: string, font: string }} Theme colours and font of the page */
/** @typedef {(rows: Uint32Array, marker: object) => object} MakeTrace */

/** @type {(n: number) => number} */
const pointSize = (n) => (n > 200_000 ? 2 : n > 20_000 ? 3.5 : 6);

/**
 * @param {Float32Array} source
 * @param {Uint32Array} rows
 */
function gather(source, rows) {
  const found = new Float32Array(rows.length);
  for (let i = 0; i < rows.length; i++) found[i] = source[rows[i]];
  return found;
}

/**
 * The traces of one map.
 * @param {Points} points
 * @param {import("./types").Colouring} colouring
 * @param {Set<number>} hidden entries of the legend
 * @param {Theme} theme
 * @param {boolean} isLast whether the colour bar stands beside it
 */
export function tracesOf(points, colouring, hidden, theme, isLast) {
  const { x, y } = points;
  const groups = groupRows(colouring, x.length);
  /** @type {MakeTrace} */
  const trace = (rows, marker) => ({
    type: "scattergl", mode: "markers", hoverinfo: "skip", x: gather(x, rows), y: gather(y, rows),
    marker: { size: pointSize(x.length), line: { width: 0 }, ...marker },
  });
  if (colouring.kind === "categories") return classTraces(groups, colouring, hidden, trace, x.length > MANY);
  return numberTraces(groups, colouring, scaleOf(colouring, theme, isLast), trace);
}

/**
 * @param {Uint32Array[]} groups
 * @param {CategoryColouring} colouring
 * @param {Set<number>} hidden
 * @param {MakeTrace} trace
 * @param {boolean} areMany too many for symbols
 */
function classTraces(groups, { entries }, hidden, trace, areMany) {
  return entries.map(({ name, colour, symbol }, i) => ({
    ...trace(groups[i], { color: colour, symbol: areMany ? "circle" : symbol, opacity: colour === OTHER ? 0.35 : 0.8 }),
    name,
    visible: !hidden.has(i),
  }));
}

/**
 * plotly's colour scale, with its bar beside the last map.
 * @param {NumberColouring} colouring
 * @param {Theme} theme
 * @param {boolean} isLast
 */
function scaleOf({ low, high, title }, theme, isLast) {
  return {
    colorscale: "Viridis", cmin: low, cmax: high, showscale: isLast,
    colorbar: {
      title: { text: shortTitle(title), side: "right" }, tickfont: { color: theme.text },
      y: 0, yanchor: "bottom", len: 0.9, thickness: 10, outlinewidth: 0, // below the buttons in the corner
    },
  };
}

/**
 * @param {Uint32Array[]} groups
 * @param {NumberColouring} colouring
 * @param {object} scale
 * @param {MakeTrace} trace
 */
function numberTraces(groups, { values, low }, scale, trace) {
  if (groups.length === 1) {
    const known = groups[0].filter((row) => Number.isFinite(values[row]));
    const none = groups[0].filter((row) => !Number.isFinite(values[row]));
    return [
      trace(none, { color: OTHER, opacity: 0.35 }),
      trace(known, { color: gather(values, known), opacity: 0.85, ...scale }),
    ];
  }
  const shades = groups.slice(0, SHADES).map((rows, i) => trace(rows, { color: `rgb(${shadeColour(i)})`, opacity: 0.85 }));
  // The bar beside the maps belongs to a trace without points.
  const bar = { type: "scatter", mode: "markers", x: [null], y: [null], hoverinfo: "skip", marker: { color: [low], ...scale } };
  return [trace(groups[SHADES], { color: OTHER, opacity: 0.35 }), ...shades, bar];
}

/**
 * The layout of one map.
 * @param {import("./viewport.js").Ranges | null} seen the ranges that a person chose, null for everything
 * @param {Theme} theme
 */
export function layoutOf(seen, { text, border, font }) {
  /** @type {(name: "x" | "y", title: string) => object} */
  const axis = (name, title) => ({
    ...(seen ? { range: [...seen[name]] } : { autorange: true }), fixedrange: true,
    title: { text: title, standoff: 4, font: { size: 11 } },
    showticklabels: false, zeroline: false, showgrid: false, showline: true, linecolor: border, mirror: true,
  });
  return {
    margin: { l: 24, r: 4, t: 4, b: 24 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: text, family: font, size: 12 },
    xaxis: axis("x", "UMAP 1 (no unit)"), yaxis: axis("y", "UMAP 2 (no unit)"),
    // Hover, camera and selection are ours: docs/components.md says why, with figures.
    hovermode: false, dragmode: false, showlegend: false,
    modebar: { bgcolor: "rgba(0,0,0,0)", color: border, activecolor: text },
  };
}
