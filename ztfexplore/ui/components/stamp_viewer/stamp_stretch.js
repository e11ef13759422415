// Pixel values -> brightness from 0 to 255: limits and stretch. No DOM. The default is that of display/stretch.py.

/** @typedef {import("./stamp_settings.js").Settings} Settings */
/**
 * Of one channel, as display/viewer_message.py finds them.
 * @typedef {object} Limits
 * @property {number} level of the sky
 * @property {number} sigma noise of the sky
 * @property {number} white flux shown as white, in units of sigma
 * @property {[number, number]} zscale pixel values shown as black and as white by ZScale
 */
/**
 * @typedef {object} Channel
 * @property {string} name
 * @property {Float32Array} pixels
 * @property {boolean} signed whether zero flux belongs in the middle
 * @property {number | null} white the pixel value shown as white, for pixels that were stretched for the eye already
 * @property {Limits} limits
 * @property {() => Float32Array} ascending good pixel values, sorted
 */

const FAINT_SIGMA = 3;
const SOFTENING_SIGMA = 4; // the asinh turns from linear to logarithmic here
const LARGEST_PIXEL = 1e8; // beyond are fill values

/**
 * Whether a pixel holds a measurement.
 * @param {number} value
 */
export const isGood = (value) => Math.abs(value) < LARGEST_PIXEL; // false for NaN

/**
 * Good pixel values of a channel, ascending.
 * @param {Float32Array} pixels
 */
export const sorted = (pixels) => pixels.filter(isGood).sort(); // typed arrays sort by number

/**
 * As numpy.percentile: linear between the two nearest.
 * @param {ArrayLike<number>} ascending
 * @param {number} percent
 */
export function percentile(ascending, percent) {
  const at = (Math.min(Math.max(percent, 0), 100) / 100) * (ascending.length - 1);
  const left = Math.floor(at), right = Math.ceil(at);
  return ascending.length ? ascending[left] + (at - left) * (ascending[right] - ascending[left]) : 0;
}

/**
 * The pixel values shown as black and as white.
 * @param {Channel} channel
 * @param {Settings} settings
 * @returns {[number, number]}
 */
export function bounds(channel, settings) {
  const { level, sigma, white, zscale } = channel.limits;
  if (settings.stretch === "zscale") return zscale;
  let low, high;
  if (settings.limits === "percentile") {
    low = percentile(channel.ascending(), settings.low);
    high = percentile(channel.ascending(), settings.high);
    if (!(high > low)) high = low + sigma;
  } else if (channel.white !== null && settings.stretch === "asinh") {
    return [0, channel.white]; // stretched for the eye already
  } else {
    [low, high] = [level - FAINT_SIGMA * sigma, level + white * sigma];
  }
  if (!channel.signed) return [low, high];
  const reach = settings.limits === "percentile" ? Math.max(Math.abs(low - level), Math.abs(high - level)) : white * sigma;
  return [level - reach, level + reach]; // zero flux stays in the middle
}

/**
 * Brightness of every pixel, 0 to 255, and -1 where there is no measurement.
 * @param {Float32Array} pixels
 * @param {Channel} channel
 * @param {Settings} settings
 */
export function brightness(pixels, channel, settings) {
  const [low, high] = bounds(channel, settings);
  const { level, sigma } = channel.limits;
  const curved = settings.stretch === "asinh" && channel.white === null;
  const softening = Math.min(SOFTENING_SIGMA / Math.max((high - level) / sigma, 1e-9), 1);
  /** @type {(x: number) => number} */
  const asinh = (x) => Math.asinh(x / softening) / Math.asinh(1 / softening);
  /** @type {(x: number) => number} */
  const half = (x) => 0.5 + 0.5 * Math.sign(x) * asinh(Math.abs(x));
  const extra = channel.white !== null ? 0.5 : 0; // stretch.py rounds what was stretched already, and cuts the rest
  const out = new Int16Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) {
    if (!isGood(pixels[i])) {
      out[i] = -1;
      continue;
    }
    const linear = Math.min(Math.max((pixels[i] - low) / (high - low), 0), 1);
    const shown = !curved ? linear : channel.signed ? half(2 * linear - 1) : asinh(linear);
    out[i] = Math.floor(shown * 255 + extra);
  }
  return out;
}
