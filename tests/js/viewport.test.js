// Camera arithmetic: pixels and data, zoom, drag, and the moved picture.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Viewport, extent, wheelFactor } from "../../ztfexplore/ui/components/linked_maps/viewport.js";

const FRAME = { l: 24, t: 4, w: 400, h: 300 };
const VIEW = new Viewport(FRAME, [-5, 15], [2, 8]);

/** @type {(found: number, expected: number) => void} */
const near = (found, expected) => assert.ok(Math.abs(found - expected) < 1e-9 * Math.max(1, Math.abs(expected)), `${found} is not ${expected}`);

test("pixels and data are each other's inverse, and y goes up", () => {
  assert.deepEqual([VIEW.x(-5), VIEW.x(15), VIEW.y(8), VIEW.y(2)], [0, 400, 0, 300]);
  for (const pixel of [0, 17.3, 399]) near(VIEW.x(VIEW.dataX(pixel)), pixel);
  for (const pixel of [0, 17.3, 299]) near(VIEW.y(VIEW.dataY(pixel)), pixel);
  assert.ok(VIEW.holds(0, 300) && !VIEW.holds(-1, 5) && !VIEW.holds(5, 301));
});

test("a zoom keeps the data under the pointer, and undoes its inverse", () => {
  const seen = VIEW.zoomed(2, 100, 250, 20);
  assert.ok(seen);
  const closer = new Viewport(FRAME, seen.x, seen.y);
  near(closer.dataX(100), VIEW.dataX(100));
  near(closer.dataY(250), VIEW.dataY(250));
  near(closer.perX, 2 * VIEW.perX);
  const back = closer.zoomed(0.5, 100, 250, 20);
  [...(back?.x ?? []), ...(back?.y ?? [])].forEach((value, i) => near(value, [-5, 15, 2, 8][i]));
});

test("nobody zooms without end", () => {
  let [view, steps] = [VIEW, 0];
  for (let seen = view.zoomed(2, 9, 9, 20); seen && steps < 99; seen = view.zoomed(2, 9, 9, 20), steps++) {
    view = new Viewport(FRAME, seen.x, seen.y);
  }
  assert.ok(steps > 5 && steps < 20);
  assert.equal(VIEW.zoomed(0.1, 9, 9, 20), null);
  assert.notEqual(VIEW.zoomed(0.5, 9, 9, 20), null);
});

test("what is dragged follows the mouse", () => {
  const seen = VIEW.dragged(40, -30);
  const moved = new Viewport(FRAME, seen.x, seen.y);
  near(moved.x(3), VIEW.x(3) + 40);
  near(moved.y(5), VIEW.y(5) - 30);
});

test("the picture of the last drawing is put where its points are now", () => {
  const now = new Viewport(FRAME, [0, 4], [3, 4]);
  const moved = now.transformOf(VIEW);
  assert.ok(moved);
  for (const [x, y] of [[1, 3.5], [-2, 7]]) {
    near(moved.x + moved.scaleX * VIEW.x(x), now.x(x));
    near(moved.y + moved.scaleY * VIEW.y(y), now.y(y));
  }
  assert.equal(VIEW.transformOf(new Viewport(FRAME, [-5, 15 + 1e-7], [2, 8])), null);
});

test("the wheel: up is nearer, lines are sixteen pixels, a thousand are as 240", () => {
  near(wheelFactor(-100, false, false), Math.exp(0.18));
  near(wheelFactor(-100, false, false) * wheelFactor(100, false, false), 1);
  near(wheelFactor(3, true, false), wheelFactor(48, false, false));
  near(wheelFactor(-1000, false, false), wheelFactor(-240, false, false));
  assert.ok(wheelFactor(-10, false, true) > wheelFactor(-10, false, false));
});

test("how wide points reach", () => {
  assert.equal(extent([3, NaN, -1]), 4);
  assert.equal(extent([2, 2]), 1);
  assert.equal(extent([NaN]), 1);
});
