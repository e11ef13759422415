// Outlines drawn on a map: a box or a lasso. No DOM.

/** @typedef {[number, number]} Corner x and y */

/**
 * The polygon that was drawn: the corners of a lasso, or the box between the first and the last.
 * @param {string} tool
 * @param {Corner[]} corners
 * @returns {Corner[]}
 */
export function outline(tool, corners) {
  if (tool === "lasso" || corners.length < 2) return corners;
  const [[x0, y0], [x1, y1]] = [corners[0], corners[corners.length - 1]];
  return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
}

/**
 * Whether a place is inside a polygon, by the even-odd rule.
 * @param {number} x
 * @param {number} y
 * @param {Corner[]} polygon
 */
export function isInside(x, y, polygon) {
  let inside = false;
  let [x0, y0] = polygon[polygon.length - 1] ?? [NaN, NaN];
  for (const [x1, y1] of polygon) {
    if (y1 > y !== y0 > y && x < ((x0 - x1) * (y - y1)) / (y0 - y1) + x1) inside = !inside;
    [x0, y0] = [x1, y1];
  }
  return inside;
}
