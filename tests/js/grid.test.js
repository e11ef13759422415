// The grid of cells against a look at every point.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PointGrid } from "../../ztfexplore/ui/components/linked_maps/grid.js";
import { isInside, outline } from "../../ztfexplore/ui/components/linked_maps/polygon.js";
import { points, random } from "./random.js";

/** @type {(row: number) => boolean} */
const all = () => true;

/**
 * @param {Float32Array} x
 * @param {Float32Array} y
 * @param {[number, number, number, number]} where
 * @param {(row: number) => boolean} accept
 */
function nearestOfAll(x, y, [px, py, rx, ry], accept) {
  let [best, closest] = [/** @type {number | null} */ (null), 1];
  x.forEach((_, row) => {
    const distance = ((x[row] - px) / rx) ** 2 + ((y[row] - py) / ry) ** 2;
    if (distance < closest && accept(row)) [best, closest] = [row, distance];
  });
  return best;
}

for (const n of [0, 1, 5, 3000]) {
  test(`the nearest of ${n} points is the nearest of all`, () => {
    const next = random(n + 1);
    const { x, y } = points(n, next);
    const grid = new PointGrid(x, y);
    for (let i = 0; i < 500; i++) {
      /** @type {[number, number, number, number]} */
      const where = [6 * next() - 3, 6 * next() - 3, next() + 0.001, next() + 0.001];
      assert.equal(grid.nearest(...where, all), nearestOfAll(x, y, where, all));
      const isEven = (/** @type {number} */ row) => row % 2 === 0;
      assert.equal(grid.nearest(...where, isEven), nearestOfAll(x, y, where, isEven));
    }
  });
}

test("what has no place is never found", () => {
  const grid = new PointGrid(Float32Array.of(NaN, 1, 2), Float32Array.of(0, NaN, 2));
  assert.equal(grid.nearest(1, 1, 10, 10, all), 2);
  assert.deepEqual([...grid.inside([[-9, -9], [9, -9], [9, 9], [-9, 9]], all)], [2]);
  assert.equal(new PointGrid(Float32Array.of(NaN), Float32Array.of(NaN)).nearest(0, 0, 1, 1, all), null);
});

test("points in one place or on one line are found", () => {
  const grid = new PointGrid(new Float32Array(100).fill(3), Float32Array.from({ length: 100 }, (_, i) => i));
  assert.equal(grid.nearest(3, 41.2, 0.5, 0.5, all), 41);
  assert.equal(new PointGrid(new Float32Array(9).fill(1), new Float32Array(9).fill(1)).nearest(1, 1, 1, 1, (row) => row === 8), 8);
});

test("a lasso holds the points that are inside it, ascending, of those that count", () => {
  const { x, y } = points(2000, random(7));
  const grid = new PointGrid(x, y);
  /** @type {[number, number][]} */
  const star = [[0, 2], [0.4, 0.4], [2, 0], [0.4, -0.4], [0, -2], [-0.4, -0.4], [-2, 0], [-0.4, 0.4]];
  const found = [...grid.inside(star, (row) => row % 3 > 0)];
  const expected = [...x.keys()].filter((row) => row % 3 > 0 && isInside(x[row], y[row], star));
  assert.deepEqual(found, expected);
  assert.ok(expected.length > 20);
});

test("inside is by the even-odd rule", () => {
  /** @type {[number, number][]} */
  const bow = [[0, 0], [2, 2], [2, 0], [0, 2]];
  assert.ok(isInside(0.2, 1, bow) && isInside(1.8, 1, bow));
  assert.ok(!isInside(1, 0.2, bow) && !isInside(1, 1.8, bow));
  assert.ok(!isInside(1, 1, []));
});

test("a box lies between the first and the last corner, a lasso is what was drawn", () => {
  /** @type {[number, number][]} */
  const corners = [[1, 2], [9, 9], [3, 5]];
  assert.deepEqual(outline("box", corners), [[1, 2], [3, 2], [3, 5], [1, 5]]);
  assert.deepEqual(outline("lasso", corners), corners);
  assert.deepEqual(outline("box", corners.slice(0, 1)), [[1, 2]]);
});
