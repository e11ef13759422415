// How a person wants stamps to be shown: outlives objects, and page changes in a tab.

import { MAPS } from "../shared/colour_maps.js";

/**
 * @typedef {object} Settings
 * @property {string} stretch asinh, linear or zscale
 * @property {string} limits automatic, or by percentiles of the pixels
 * @property {number} low percentile shown as black
 * @property {number} high percentile shown as white
 * @property {string} map
 * @property {boolean} inverted
 */

const KEY = "ztfexplore-stamps";
/** @type {Settings} */
export const DEFAULTS = { stretch: "asinh", limits: "automatic", low: 1, high: 99.5, map: "grey", inverted: false };
/** @type {Record<string, string[]>} */
const CHOICES = { stretch: ["asinh", "linear", "zscale"], limits: ["automatic", "percentile"], map: MAPS };

/**
 * Whether a setting may have a value.
 * @param {string} name
 * @param {unknown} value
 */
export function isValid(name, value) {
  if (name in CHOICES) return CHOICES[name].includes(/** @type {string} */ (value));
  if (name === "inverted") return typeof value === "boolean";
  return (name === "low" || name === "high") && typeof value === "number" && value >= 0 && value <= 100;
}

/**
 * The settings of the tab, the defaults where it remembers none.
 * @returns {Settings}
 */
export function remembered() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    return { ...DEFAULTS, ...Object.fromEntries(Object.entries(kept).filter(([name, value]) => isValid(name, value))) };
  } catch {
    return { ...DEFAULTS }; // no storage, or not ours
  }
}

/** @param {Settings} settings */
export function remember(settings) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // then the settings last as long as the page
  }
}
