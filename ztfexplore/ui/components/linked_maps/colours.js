// Which colour a row has, and in which trace it is drawn. No DOM.

import { colourAt, rgb } from "../shared/colour_maps.js";

/** @typedef {import("./types").Colouring} Colouring */
/** @typedef {import("../shared/colour_maps.js").Rgb} Rgb */

/** Of what has no value, as in display/colours.py. */
export const OTHER = "#9aa0a6";
/** Colours of a scale, where a colour of its own for each point would take too long. */
export const SHADES = 48;
/** More points than this have no symbols and only SHADES colours. */
export const MANY = 50_000;
/** Signs of the symbols that display/colours.py names. */
export const SIGNS = /** @type {Record<string, string>} */ ({
  circle: "●", diamond: "◆", "triangle-up": "▲", square: "■", x: "✖", cross: "✚", "triangle-down": "▼", star: "★",
});

/**
 * The middle colour of one of the SHADES.
 * @param {number} shade
 */
export const shadeColour = (shade) => colourAt("viridis", (shade + 0.5) / SHADES);

/**
 * Which of the SHADES a number has; the one after them for none.
 * @param {number} value
 * @param {{ low: number, high: number }} scale
 */
export function shadeOf(value, { low, high }) {
  const at = Math.floor(((value - low) / (high - low)) * SHADES);
  return Number.isFinite(value) ? Math.max(0, Math.min(SHADES - 1, at)) : SHADES;
}

/**
 * Numbers as codes of SHADES colours, the last for those without a value; all 0 where points are few.
 * @param {Float32Array} values
 * @param {{ low: number, high: number }} scale
 */
export function shadesOf(values, scale) {
  const codes = new Uint8Array(values.length);
  if (values.length > MANY) for (let i = 0; i < values.length; i++) codes[i] = shadeOf(values[i], scale);
  return codes;
}

/**
 * The colours of the maps, and which of them a row has.
 * @param {Colouring} colouring
 * @returns {{ colours: Rgb[], of: (row: number) => number }}
 */
export function palette(colouring) {
  if (colouring.kind === "categories") {
    return { colours: colouring.entries.map(({ colour }) => rgb(colour)), of: (row) => colouring.codes[row] };
  }
  const shades = Array.from({ length: SHADES }, (_, shade) => shadeColour(shade));
  return { colours: [...shades, rgb(OTHER)], of: (row) => shadeOf(colouring.values[row], colouring) };
}

/**
 * Rows of each trace; those that a filter leaves out are in none.
 * @param {Colouring} colouring
 * @param {number} n how many rows there are
 */
export function groupRows(colouring, n) {
  const { codes, mask } = colouring;
  const size = colouring.kind === "categories" ? colouring.entries.length : n > MANY ? SHADES + 1 : 1;
  const counts = new Uint32Array(size);
  for (let row = 0; row < n; row++) if (!mask || mask[row]) counts[codes[row]]++;
  const groups = Array.from(counts, (count) => new Uint32Array(count));
  const filled = new Uint32Array(size);
  for (let row = 0; row < n; row++) if (!mask || mask[row]) groups[codes[row]][filled[codes[row]]++] = row;
  return groups;
}

/**
 * Entries of the legend that stay hidden when other colours come: those of the same name, if it is the same kind of
 * classes, with one label more for example.
 * @param {Set<number>} hidden
 * @param {Colouring | null} before
 * @param {Colouring} after
 */
export function stillHidden(hidden, before, after) {
  if (after.kind !== "categories" || before?.kind !== "categories" || before.legend !== after.legend) return new Set();
  const names = new Set([...hidden].map((entry) => before.entries[entry].name));
  return new Set(after.entries.flatMap((entry, i) => (names.has(entry.name) ? [i] : [])));
}

/**
 * What the colour of a row says.
 * @param {Colouring} colouring
 * @param {number} row
 */
export function meaning(colouring, row) {
  if (colouring.kind === "categories") return colouring.entries[colouring.codes[row]]?.name ?? "";
  const value = colouring.values[row];
  return `${shortTitle(colouring.title)}: ${Number.isFinite(value) ? value.toPrecision(5) : "none"}`;
}

/**
 * The name in a title; what follows the colon explains it, and stands in the legend.
 * @param {string} title
 */
export const shortTitle = (title) => title.split(":")[0];
