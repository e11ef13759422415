// Camera arithmetic: which part of the data a plot shows, and what a wheel, a key or a drag makes of it. No DOM.

const PER_PIXEL = 0.0018; // of the wheel; in the exponent
const PER_PINCH = 0.01; // of two fingers on a touch pad, which browsers report as a wheel with ctrl
const LARGEST_STEP = 240; // pixels of the wheel; some mice report a thousand
const LINE = 16; // pixels, where a wheel counts lines
const NEAREST = 1e-4; // of what shows everything
const FARTHEST = 4;
const STILL = 1e-3; // pixels

/** @typedef {[number, number]} Range from and to, in data */
/** @typedef {{ x: Range, y: Range }} Ranges */
/** @typedef {{ l: number, t: number, w: number, h: number }} Frame the plot's area in its element, in pixels */

/** A part of the data on the screen. Pixels count from the upper left of the plot's area. */
export class Viewport {
  /**
   * @param {Frame} frame
   * @param {Range} x
   * @param {Range} y
   */
  constructor({ l, t, w, h }, [left, right], [low, high]) {
    this.l = l;
    this.t = t;
    this.w = w;
    this.h = h;
    this.left = left;
    this.low = low;
    /** Pixels per unit of the data. */
    this.perX = w / (right - left);
    this.perY = h / (high - low);
  }

  /** @param {number} value */
  x(value) {
    return (value - this.left) * this.perX;
  }

  /** @param {number} value */
  y(value) {
    return this.h - (value - this.low) * this.perY;
  }

  /** @param {number} pixel */
  dataX(pixel) {
    return this.left + pixel / this.perX;
  }

  /** @param {number} pixel */
  dataY(pixel) {
    return this.low + (this.h - pixel) / this.perY;
  }

  /**
   * Whether a pixel is on the plot's area.
   * @param {number} x
   * @param {number} y
   */
  holds(x, y) {
    return x >= 0 && y >= 0 && x <= this.w && y <= this.h;
  }

  /**
   * What is seen when all is larger by a factor, and the data at a pixel stay there. Null if that is nearer or farther
   * than makes sense.
   * @param {number} factor
   * @param {number} pixelX
   * @param {number} pixelY
   * @param {number} whole width of all points, in data
   * @returns {Ranges | null}
   */
  zoomed(factor, pixelX, pixelY, whole) {
    const width = this.w / this.perX / factor;
    if (factor > 1 ? width < whole * NEAREST : width > whole * FARTHEST) return null;
    /** @type {(centre: number, from: number, to: number) => Range} */
    const around = (centre, from, to) => [centre + (from - centre) / factor, centre + (to - centre) / factor];
    return {
      x: around(this.dataX(pixelX), this.dataX(0), this.dataX(this.w)),
      y: around(this.dataY(pixelY), this.dataY(this.h), this.dataY(0)),
    };
  }

  /**
   * What is seen when the picture is dragged by some pixels.
   * @param {number} dx
   * @param {number} dy
   * @returns {Ranges}
   */
  dragged(dx, dy) {
    return { x: [this.dataX(-dx), this.dataX(this.w - dx)], y: [this.dataY(this.h - dy), this.dataY(-dy)] };
  }

  /**
   * How a picture of another view is moved and stretched to show this one; null if they differ by less than a
   * thousandth of a pixel.
   * @param {Viewport} was
   */
  transformOf(was) {
    /** @type {(x: number, y: number) => number} */
    const moved = (x, y) => Math.abs(this.x(was.dataX(x)) - x) + Math.abs(this.y(was.dataY(y)) - y);
    if (moved(0, 0) < STILL && moved(was.w, was.h) < STILL) return null;
    return {
      x: this.x(was.dataX(0)), y: this.y(was.dataY(0)),
      scaleX: this.perX / was.perX, scaleY: this.perY / was.perY,
    };
  }
}

/**
 * How much larger a step of the wheel makes everything.
 * @param {number} delta of the wheel event
 * @param {boolean} isLines whether it counts lines, not pixels
 * @param {boolean} isPinch
 */
export function wheelFactor(delta, isLines, isPinch) {
  const pixels = delta * (isLines ? LINE : 1);
  const step = Math.max(-LARGEST_STEP, Math.min(LARGEST_STEP, pixels));
  return Math.exp(-step * (isPinch ? PER_PINCH : PER_PIXEL));
}

/**
 * How wide values reach; 1 if all are the same or none is known.
 * @param {ArrayLike<number>} values
 */
export function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return high > low ? high - low : 1;
}
