// What the scripts make of inputs that come as JSON on stdin, for tests/ui/components/test_twins.py to compare.

import { readFileSync } from "node:fs";

import { OTHER, SIGNS } from "../../ztfexplore/ui/components/linked_maps/colours.js";
import { MAPS, colourAt } from "../../ztfexplore/ui/components/shared/colour_maps.js";
import { DEFAULTS } from "../../ztfexplore/ui/components/stamp_viewer/stamp_settings.js";
import { brightness, percentile, sorted } from "../../ztfexplore/ui/components/stamp_viewer/stamp_stretch.js";

/** @param {string} text float32 in base64 */
const floats = (text) => new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);

/** @param {{ pixels: string, message: any }} stamp */
function levels({ pixels: text, message }) {
  const all = floats(text);
  const size = message.shape[1] * message.shape[2];
  return message.names.map((/** @type {string} */ name, /** @type {number} */ i) => {
    const pixels = all.subarray(i * size, (i + 1) * size);
    const channel = {
      name, pixels, signed: message.signed[i], white: message.white, limits: message.limits[i], ascending: () => sorted(pixels),
    };
    return [...brightness(pixels, channel, DEFAULTS)];
  });
}

const asked = JSON.parse(readFileSync(0, "utf8"));
const answer = {
  levels: asked.stamps.map(levels),
  percentiles: asked.values.map((/** @type {string} */ text) =>
    asked.percents.map((/** @type {number} */ percent) => percentile(sorted(floats(text)), percent)),
  ),
  maps: Object.fromEntries(MAPS.map((name) => [name, asked.shares.map((/** @type {number} */ share) => colourAt(name, share))])),
  other: OTHER,
  symbols: Object.keys(SIGNS),
};
process.stdout.write(JSON.stringify(answer));
