// Which colour a row has, and in which trace it is drawn.

import assert from "node:assert/strict";
import { test } from "node:test";

import { MANY, SHADES, groupRows, meaning, palette, shadeOf, shadesOf, stillHidden } from "../../ztfexplore/ui/components/linked_maps/colours.js";
import { tracesOf } from "../../ztfexplore/ui/components/linked_maps/traces.js";

/**
 * @param {string[]} names
 * @param {number[]} codes
 * @returns {import("../../ztfexplore/ui/components/linked_maps/types").CategoryColouring}
 */
const classes = (names, codes) => ({
  kind: "categories", id: "1", legend: "", mask: null, codes: Uint8Array.from(codes),
  entries: names.map((name) => ({ name, colour: "#0072B2", symbol: "circle", count: 0 })),
});

/**
 * @param {Float32Array} values
 * @returns {import("../../ztfexplore/ui/components/linked_maps/types").NumberColouring}
 */
const numbers = (values) => ({
  kind: "numbers", id: "2", legend: "", mask: null, low: 0, high: 1, title: "rb: real-bogus", values,
  codes: shadesOf(values, { low: 0, high: 1 }),
});

test("every row that passes the filter is in the trace of its class", () => {
  const colouring = { ...classes(["SN", "VS", "AGN"], [0, 1, 1, 0, 2]), mask: Uint8Array.of(1, 1, 0, 1, 1) };
  assert.deepEqual(groupRows(colouring, 5).map((rows) => [...rows]), [[0, 3], [1], [4]]);
});

test("numbers beyond the scale have its ends, and none has a colour of its own", () => {
  const scale = { low: 2, high: 4 };
  assert.deepEqual([1, 2, 3, 4, 9, NaN].map((value) => shadeOf(value, scale)), [0, 0, SHADES / 2, SHADES - 1, SHADES - 1, SHADES]);
  const { colours, of } = palette(numbers(Float32Array.of(0.5, NaN)));
  assert.equal(colours.length, SHADES + 1);
  assert.equal(of(1), SHADES);
});

test("few numbers have a colour each, many share those of a scale", () => {
  const few = tracesOf({ x: new Float32Array(3), y: new Float32Array(3) }, numbers(Float32Array.of(0, NaN, 1)), new Set(), THEME, true);
  assert.deepEqual(few.map((trace) => /** @type {any} */ (trace).x.length), [1, 2]);
  const n = MANY + 1;
  const values = Float32Array.from({ length: n }, (_, i) => (i % 10 ? i / n : NaN));
  const many = tracesOf({ x: new Float32Array(n), y: new Float32Array(n) }, numbers(values), new Set(), THEME, false);
  assert.equal(many.length, SHADES + 2); // those without a value, and the bar
  assert.equal(many.reduce((sum, trace) => sum + /** @type {any} */ (trace).x.length, 0), n + 1);
});

test("classes that were hidden stay hidden under the same names, and only of the same kind of classes", () => {
  const before = classes(["SN", "VS"], []);
  assert.deepEqual(stillHidden(new Set([1]), before, classes(["AGN", "SN", "VS"], [])), new Set([2]));
  assert.deepEqual(stillHidden(new Set([1]), before, { ...classes(["VS"], []), legend: "predicted" }), new Set());
  assert.deepEqual(stillHidden(new Set([1]), before, numbers(new Float32Array(0))), new Set());
  assert.deepEqual(stillHidden(new Set([1]), null, before), new Set());
});

test("a colour says its class or its number", () => {
  assert.equal(meaning(classes(["SN", "VS"], [1]), 0), "VS");
  assert.equal(meaning(numbers(Float32Array.of(0.25)), 0), "rb: 0.25000");
  assert.equal(meaning(numbers(Float32Array.of(NaN)), 0), "rb: none");
});

const THEME = { text: "#000", border: "#ccc", font: "sans-serif" };
