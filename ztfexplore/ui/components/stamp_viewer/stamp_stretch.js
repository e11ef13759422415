// Pixel values -> brightness from 0 to 255: limits, stretch, colour maps. No DOM. The default is ztfexplore/display/stretch.py's.

const FAINT_SIGMA = 3;
const SOFTENING_SIGMA = 4; // the asinh turns from linear to logarithmic here
const LARGEST_PIXEL = 1e8; // beyond are fill values

// Anchors of matplotlib's maps, evenly spaced, between which colours are mixed linearly.
const ANCHORS = {
  grey: ["000000", "ffffff"],
  viridis: ["440154", "482878", "3e4989", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725"],
  cividis: ["00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74", "c3b369", "e1cc55", "fee838"],
};
export const MAPS = Object.keys(ANCHORS);

// Whether a pixel holds a measurement.
export const isGood = (value) => Math.abs(value) < LARGEST_PIXEL; // false for NaN

// 256 colours of a map, [r, g, b, r, g, b, ...].
export function colours(name, inverted) {
  const anchors = (ANCHORS[name] ?? ANCHORS.grey).map((hex) => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  const table = new Uint8ClampedArray(768);
  for (let level = 0; level < 256; level++) {
    const at = ((inverted ? 255 - level : level) / 255) * (anchors.length - 1);
    const left = Math.min(Math.floor(at), anchors.length - 2);
    for (let k = 0; k < 3; k++) {
      table[3 * level + k] = Math.round(anchors[left][k] + (at - left) * (anchors[left + 1][k] - anchors[left][k]));
    }
  }
  return table;
}

// Good pixel values of a channel, ascending.
export const sorted = (pixels) => pixels.filter(isGood).sort(); // typed arrays sort by number

// As numpy.percentile: linear between the two nearest.
export function percentile(ascending, percent) {
  const at = (Math.min(Math.max(percent, 0), 100) / 100) * (ascending.length - 1);
  const left = Math.floor(at), right = Math.ceil(at);
  return ascending.length ? ascending[left] + (at - left) * (ascending[right] - ascending[left]) : 0;
}

// The pixel values shown as black and as white.
// channel: { limits: {level, sigma, white, zscale}, signed, white, ascending: () => sorted values }
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

// Brightness of every pixel, 0 to 255, and what lies where there is no measurement: -1.
export function brightness(pixels, channel, settings) {
  const [low, high] = bounds(channel, settings);
  const { level, sigma } = channel.limits;
  const curved = settings.stretch === "asinh" && channel.white === null;
  const softening = Math.min(SOFTENING_SIGMA / Math.max((high - level) / sigma, 1e-9), 1);
  const asinh = (x) => Math.asinh(x / softening) / Math.asinh(1 / softening);
  const half = (x) => 0.5 + 0.5 * Math.sign(x) * asinh(Math.abs(x));
  const extra = channel.white !== null ? 0.5 : 0; // display.py rounds what was stretched already, and cuts the rest
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
