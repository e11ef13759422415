// The pictures side by side with their names and the scale bar, on white, as a PNG file.

/** @typedef {{ name: string, canvas: HTMLCanvasElement }} Picture */
/** @typedef {{ length: number, share: number }} Scale length of the bar in arcsec, and as a share of the width */

const SAVED_PIXELS = 252; // a picture in the saved file is at least this wide
const MOST_COLUMNS = 4;
const GAP = 8, TEXT = 20; // pixels

/**
 * @param {Picture[]} pictures
 * @param {string} title
 * @param {Scale | null} scale
 */
function sheet(pictures, title, scale) {
  const { width, height } = pictures[0].canvas;
  const zoom = Math.max(1, Math.ceil(SAVED_PIXELS / width));
  const columns = Math.min(pictures.length, MOST_COLUMNS), rows = Math.ceil(pictures.length / columns);
  const canvas = document.createElement("canvas");
  canvas.width = columns * (width * zoom + GAP) + GAP;
  canvas.height = TEXT + rows * (height * zoom + TEXT + GAP);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  context.fillStyle = "#000";
  context.font = "14px sans-serif";
  context.fillText(title, GAP, 15, canvas.width - 2 * GAP);
  pictures.forEach((picture, i) => {
    const left = GAP + (i % columns) * (width * zoom + GAP);
    const top = TEXT + Math.floor(i / columns) * (height * zoom + TEXT + GAP);
    hatch(context, left, top, width * zoom, height * zoom);
    context.drawImage(picture.canvas, left, top, width * zoom, height * zoom);
    const bar = i === 0 ? scale : null;
    const name = bar ? `${picture.name}  (bar: ${bar.length} arcsec)` : picture.name;
    context.fillText(name, left, top + height * zoom + 15, width * zoom);
    if (bar) drawBar(context, left + 5, top + height * zoom - 12, bar.share * width * zoom);
  });
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} left
 * @param {number} top
 * @param {number} length
 */
function drawBar(context, left, top, length) {
  context.fillRect(left, top, length + 2, 6);
  context.fillStyle = "#fff";
  context.fillRect(left + 1, top + 1, length, 4);
  context.fillStyle = "#000";
}

/**
 * What shows where there is no measurement; white would pass for a bright star.
 * @param {CanvasRenderingContext2D} context
 * @param {number} left
 * @param {number} top
 * @param {number} width
 * @param {number} height
 */
function hatch(context, left, top, width, height) {
  const size = 8;
  for (let y = 0; y < height; y += size) {
    for (let x = 0; x < width; x += size) {
      context.fillStyle = ((x + y) / size) % 2 ? "#c9ccd1" : "#dfe1e5";
      context.fillRect(left + x, top + y, Math.min(size, width - x), Math.min(size, height - y));
    }
  }
  context.fillStyle = "#000";
}

/**
 * Hand the pictures to the browser as a file named after the object.
 * @param {Picture[]} pictures
 * @param {string} objectId
 * @param {string} title
 * @param {Scale | null} scale
 */
export function save(pictures, objectId, title, scale) {
  sheet(pictures, title, scale).toBlob((blob) => {
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${(objectId || "stamp").replace(/[^\w.-]+/g, "_").slice(0, 80)}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, "image/png");
}
