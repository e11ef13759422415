// Brightness of pixels; that it equals Python's is tested in tests/ui/components/test_twins.py.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULTS, isValid } from "../../ztfexplore/ui/components/stamp_viewer/stamp_settings.js";
import { bounds, brightness, isGood, percentile, sorted } from "../../ztfexplore/ui/components/stamp_viewer/stamp_stretch.js";
import { colourTable } from "../../ztfexplore/ui/components/shared/colour_maps.js";

/**
 * @param {number[]} values
 * @param {Partial<import("../../ztfexplore/ui/components/stamp_viewer/stamp_stretch.js").Channel>} [changes]
 */
function channel(values, changes) {
  const pixels = Float32Array.from(values);
  const limits = { level: 0, sigma: 1, white: 10, zscale: /** @type {[number, number]} */ ([1, 3]) };
  return { name: "science", pixels, signed: false, white: null, limits, ascending: () => sorted(pixels), ...changes };
}

test("fill values and NaN are no measurements", () => {
  assert.deepEqual([0, -9e7, NaN, Infinity, -1e8, 1e30].map(isGood), [true, true, false, false, false, false]);
  const made = channel([NaN, 0, 1e9]);
  assert.deepEqual([...brightness(made.pixels, made, DEFAULTS)].map((level) => level < 0), [true, false, true]);
});

test("brightness grows with the value, from black to white", () => {
  const made = channel([-99, -3, 0, 3, 9.99, 10, 500]);
  for (const stretch of ["asinh", "linear"]) {
    const shown = brightness(made.pixels, made, { ...DEFAULTS, stretch });
    assert.deepEqual([...shown].sort((a, b) => a - b), [...shown]);
    assert.deepEqual([shown[0], shown[6]], [0, 255]);
  }
});

test("zero flux is mid-grey in a difference, whatever the limits", () => {
  const made = channel([-40, 0, 20], { signed: true });
  for (const limits of ["automatic", "percentile"]) {
    const shown = brightness(made.pixels, made, { ...DEFAULTS, limits });
    assert.equal(shown[1], 127);
  }
});

test("limits: zscale's own, percentiles, and a constant channel has a span", () => {
  const made = channel([1, 2, 3, 4, 5]);
  assert.deepEqual(bounds(made, { ...DEFAULTS, stretch: "zscale" }), [1, 3]);
  assert.deepEqual(bounds(made, { ...DEFAULTS, limits: "percentile", low: 0, high: 50 }), [1, 3]);
  const [low, high] = bounds(channel([7, 7]), { ...DEFAULTS, limits: "percentile" });
  assert.ok(low === 7 && high > low);
});

test("percentiles are linear between the two nearest values", () => {
  assert.equal(percentile([0, 10], 25), 2.5);
  assert.equal(percentile([4], 99), 4);
  assert.equal(percentile([], 50), 0);
  assert.equal(percentile([0, 10], 200), 10);
});

test("an inverted colour map runs backwards", () => {
  const [there, back] = [colourTable("viridis", false), colourTable("viridis", true)];
  for (let level = 0; level < 256; level++) {
    assert.deepEqual([...there.slice(3 * level, 3 * level + 3)], [...back.slice(3 * (255 - level), 3 * (255 - level) + 3)]);
  }
});

test("what a tab remembers is checked before it is believed", () => {
  assert.ok(isValid("map", "viridis") && isValid("low", 3) && isValid("inverted", true));
  assert.ok(!isValid("map", "jet") && !isValid("low", 101) && !isValid("low", "3") && !isValid("inverted", 1) && !isValid("x", 1));
});
