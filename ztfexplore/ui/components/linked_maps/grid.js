// Points of a map in a grid of cells, so that the one under the pointer is found without looking at all. No DOM.

import { isInside } from "./polygon.js";

const POINTS_A_CELL = 4;
const MOST_CELLS = 1024; // along either side

/** @typedef {(row: number) => boolean} Accept whether a row counts */

export class PointGrid {
  /**
   * @param {Float32Array} x NaN where an object has no place on this map
   * @param {Float32Array} y
   */
  constructor(x, y) {
    this.x = x;
    this.y = y;
    const n = x.length;
    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < n; i++) {
      if (!(x[i] - y[i] <= Infinity)) continue; // NaN
      if (x[i] < left) left = x[i];
      if (x[i] > right) right = x[i];
      if (y[i] < low) low = y[i];
      if (y[i] > high) high = y[i];
    }
    this.side = Math.max(1, Math.min(MOST_CELLS, Math.round(Math.sqrt(n / POINTS_A_CELL))));
    this.left = left;
    this.low = low;
    this.width = (right - left || 1) / this.side;
    this.height = (high - low || 1) / this.side;
    /** Where the rows of each cell begin in `rows`. */
    this.start = new Uint32Array(this.side * this.side + 1);
    const cells = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      cells[i] = x[i] - y[i] <= Infinity ? this.column(x[i]) + this.side * this.line(y[i]) : -1;
      if (cells[i] >= 0) this.start[cells[i] + 1]++;
    }
    for (let c = 0; c < this.side * this.side; c++) this.start[c + 1] += this.start[c];
    this.rows = new Uint32Array(this.start[this.side * this.side]);
    const filled = this.start.slice(0, -1);
    for (let i = 0; i < n; i++) if (cells[i] >= 0) this.rows[filled[cells[i]]++] = i;
  }

  /** @param {number} x */
  column(x) {
    return Math.max(0, Math.min(this.side - 1, Math.floor((x - this.left) / this.width)));
  }

  /** @param {number} y */
  line(y) {
    return Math.max(0, Math.min(this.side - 1, Math.floor((y - this.low) / this.height)));
  }

  /**
   * The row nearest to (x, y) within an ellipse of half axes rx and ry, of those that count; null if there is none.
   * @param {number} x
   * @param {number} y
   * @param {number} rx
   * @param {number} ry
   * @param {Accept} accept
   */
  nearest(x, y, rx, ry, accept) {
    /** @type {number | null} */
    let best = null;
    let closest = 1;
    this.within(x - rx, x + rx, y - ry, y + ry, (row) => {
      const distance = ((this.x[row] - x) / rx) ** 2 + ((this.y[row] - y) / ry) ** 2;
      if (distance < closest && accept(row)) {
        closest = distance;
        best = row;
      }
    });
    return /** @type {number | null} */ (best);
  }

  /**
   * Calls `visit` for the rows of all cells that touch a box, some of them outside it.
   * @param {number} left
   * @param {number} right
   * @param {number} low
   * @param {number} high
   * @param {(row: number) => void} visit
   */
  within(left, right, low, high, visit) {
    for (let line = this.line(low); line <= this.line(high); line++) {
      const first = line * this.side;
      const end = this.start[first + this.column(right) + 1];
      for (let at = this.start[first + this.column(left)]; at < end; at++) visit(this.rows[at]);
    }
  }

  /**
   * Rows inside a polygon, of those that count, ascending.
   * @param {import("./polygon.js").Corner[]} polygon
   * @param {Accept} accept
   */
  inside(polygon, accept) {
    const xs = polygon.map((corner) => corner[0]);
    const ys = polygon.map((corner) => corner[1]);
    /** @type {number[]} */
    const found = [];
    this.within(Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys), (row) => {
      if (isInside(this.x[row], this.y[row], polygon) && accept(row)) found.push(row);
    });
    return Uint32Array.from(found).sort();
  }
}
