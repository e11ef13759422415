// One of the maps: its elements, its points, and what part of them is seen.

import { part } from "../shared/dom.js";
import { Viewport } from "./viewport.js";

/** @typedef {import("./types").PlotlyElement} PlotlyElement */
/** @typedef {import("./viewport.js").Ranges} Ranges */

export class Panel {
  /**
   * @param {PlotlyElement} plot the element that plotly draws in; what lies above the points is beside it
   * @param {number} index 0 for the left map
   */
  constructor(plot, index) {
    this.plot = plot;
    this.index = index;
    this.root = /** @type {HTMLElement} */ (plot.parentElement);
    /** Selected points, above the dimmed rest. @type {HTMLCanvasElement} */
    this.canvas = part(this.root, ".zx-selected");
    /** Rings around objects. @type {SVGElement} */
    this.rings = part(this.root, ".zx-marks");
    /** The stamp beside the pointer. */
    this.tip = part(this.root, ".zx-tip");
    /** The box or lasso that is being drawn. @type {SVGPathElement} */
    this.outline = part(this.root, ".zx-outline path");

    /** x and y of every row, NaN where it has no place. @type {{ x: Float32Array, y: Float32Array } | null} */
    this.points = null;
    /** Finds rows by place; made after the first drawing. @type {import("./grid.js").PointGrid | null} */
    this.grid = null;
    /** Which maps of which catalogue these are. */
    this.version = "";
    /** Whether plotly's events are listened to. */
    this.isWatched = false;
    /** plotly begins anew, with new WebGL contexts, where it finds another function in it. @type {object | null} */
    this.config = null;

    /** The ranges that a person chose; null for everything. @type {Ranges | null} */
    this.seen = null;
    /** The width of all points, once it was needed. @type {number | null} */
    this.whole = null;
    /** Whether the last press moved the map. */
    this.dragged = false;
    /** The frame that will place everything. @type {number | null} */
    this.frame = null;
    /** The timer that will draw the points anew. @type {ReturnType<typeof setTimeout> | undefined} */
    this.resting = undefined;
  }

  /**
   * Other points will come; what was seen of those before means nothing for them.
   * @param {string} version
   */
  renew(version) {
    clearTimeout(this.resting);
    Object.assign(this, { version, points: null, grid: null, config: null, seen: null, whole: null });
  }

  /** From data to pixels and back for what is seen now; null before the first drawing. */
  screen() {
    const layout = this.plot._fullLayout;
    if (!layout?.xaxis?.range) return null;
    return new Viewport(layout._size, this.seen?.x ?? layout.xaxis.range, this.seen?.y ?? layout.yaxis.range);
  }

  /** The same for what plotly drew, which is another part while the map moves. */
  drawn() {
    const layout = this.plot._fullLayout;
    return layout?.xaxis?.range ? new Viewport(layout._size, layout.xaxis.range, layout.yaxis.range) : null;
  }

  /**
   * Where a row is in data, null if it has no place on this map.
   * @param {number} row
   * @returns {[number, number] | null}
   */
  place(row) {
    const [x, y] = [this.points?.x[row] ?? NaN, this.points?.y[row] ?? NaN];
    return Number.isFinite(x) && Number.isFinite(y) ? [x, y] : null;
  }
}
