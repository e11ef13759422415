// Colour maps: anchors of matplotlib's maps, evenly spaced, between which colours are mixed linearly. plotly's Viridis
// and Cividis have the same anchors. No DOM.

/** @typedef {[number, number, number]} Rgb red, green and blue, 0 to 255 */

/** @type {Record<string, string[]>} */
const ANCHORS = {
  grey: ["#000000", "#ffffff"],
  viridis: ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"],
  cividis: ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"],
};
export const MAPS = Object.keys(ANCHORS);

/**
 * '#0072B2' as numbers.
 * @param {string} hex
 * @returns {Rgb}
 */
export const rgb = (hex) => /** @type {Rgb} */ ([1, 3, 5].map((from) => parseInt(hex.slice(from, from + 2), 16)));

/**
 * The colour of a map at a share from 0 to 1; an unknown map is grey.
 * @param {string} name
 * @param {number} share
 * @returns {Rgb}
 */
export function colourAt(name, share) {
  const anchors = ANCHORS[name] ?? ANCHORS.grey;
  const at = share * (anchors.length - 1);
  const left = Math.min(Math.floor(at), anchors.length - 2);
  const [from, to] = [rgb(anchors[left]), rgb(anchors[left + 1])];
  return /** @type {Rgb} */ (from.map((value, k) => Math.round(value + (at - left) * (to[k] - value))));
}

/**
 * 256 colours of a map, [r, g, b, r, g, b, ...].
 * @param {string} name
 * @param {boolean} inverted
 */
export function colourTable(name, inverted) {
  const table = new Uint8ClampedArray(768);
  for (let level = 0; level < 256; level++) table.set(colourAt(name, (inverted ? 255 - level : level) / 255), 3 * level);
  return table;
}
