// One stamp's channels on canvases, drawn from its pixels as read: another stretch asks nobody.
//
// mountStamps(container, { pixels, objectId, ...message }) draws, and draws again for another object.

import { colourTable } from "../shared/colour_maps.js";
import { element } from "../shared/dom.js";
import { Controls } from "./stamp_controls.js";
import { remember, remembered } from "./stamp_settings.js";
import { save } from "./stamp_sheet.js";
import { bounds, brightness, isGood, sorted } from "./stamp_stretch.js";

/** @typedef {import("./stamp_stretch.js").Channel} Channel */
/** @typedef {import("./stamp_settings.js").Settings} Settings */
/**
 * The stamp and what display/viewer_message.py says of it.
 * @typedef {object} Stamp
 * @property {Float32Array} pixels of all channels, first row at the bottom
 * @property {string} objectId
 * @property {[number, number, number]} shape channels, height, width
 * @property {string[]} names
 * @property {boolean[]} signed
 * @property {import("./stamp_stretch.js").Limits[]} limits
 * @property {number | null} pixelScale arcsec per pixel
 * @property {number | null} white
 * @property {number[] | null} composite positions of the channels that are red, green and blue
 */
/** @typedef {{ name: string, canvas: HTMLCanvasElement, frame: HTMLElement, caption: HTMLElement, channels: Channel[] }} Figure */
/** @typedef {(data: Uint8ClampedArray, to: number, from: number) => void} Painter of one pixel: data[to..to+3] from pixel `from` */

const BARS_ARCSEC = [120, 60, 30, 15, 5, 2, 1, 0.5, 0.2, 0.1];
const LONGEST_BAR = 0.5; // of the picture's width
const MOST_COLUMNS = 3;
const POINT = "Point at a pixel for its value";
const POINT_HELP = "Pixels count from 0 at the lower left; offsets are from the middle of the stamp";

const settings = remembered();
/** @type {WeakMap<Element, Viewer>} */
const viewers = new WeakMap();

/**
 * Draw a stamp in an element.
 * @param {HTMLElement} container
 * @param {Stamp} stamp
 */
export function mountStamps(container, stamp) {
  let viewer = viewers.get(container);
  if (!viewer?.root.isConnected) {
    viewer = new Viewer(container, stamp);
    viewers.set(container, viewer);
  }
  viewer.show(stamp);
}

class Viewer {
  /**
   * @param {HTMLElement} container
   * @param {Stamp} stamp
   */
  constructor(container, stamp) {
    this.stamp = stamp;
    this.root = element("div", "zx-viewer");
    this.pictures = element("div", "zx-viewer-pictures", this.root);
    this.line = element("div", "zx-viewer-line", this.root, POINT);
    this.line.title = POINT_HELP;
    this.bar = element("div", "zx-viewer-bar");
    this.note = element("div", "zx-viewer-note");
    this.controls = new Controls(this.root, settings, (changes) => this.change(changes), () => this.save());
    /** @type {Channel[]} */
    this.channels = [];
    /** @type {Figure[]} */
    this.figures = [];
    /** What the figures are for: shape and names. */
    this.layout = "";
    /** The bar below the first picture, null if the pixel scale is unknown. @type {import("./stamp_sheet.js").Scale | null} */
    this.scale = null;
    /** The pixel that is pointed at. @type {{ figure: Figure, x: number, y: number } | null} */
    this.pointer = null;
    container.replaceChildren(this.root);
  }

  /** @param {Partial<Settings>} changes */
  change(changes) {
    Object.assign(settings, changes);
    remember(settings);
    this.controls.sync();
    this.draw();
  }

  /** @param {Stamp} stamp */
  show(stamp) {
    this.stamp = stamp;
    this.channels = channelsOf(stamp);
    this.controls.stretch.options[0].textContent = stamp.white == null ? "asinh" : "as published";
    const pictures = this.channels.map((channel) => ({ name: channel.name, channels: [channel] }));
    if (stamp.composite) pictures.unshift({ name: "colour", channels: stamp.composite.map((i) => this.channels[i]) });
    const layout = `${stamp.shape}|${pictures.map((picture) => picture.name)}`;
    if (this.layout !== layout) this.lay(pictures);
    this.layout = layout;
    this.figures.forEach((figure, i) => (figure.channels = pictures[i].channels));
    this.placeBar();
    this.draw();
    this.say();
  }

  /** @param {{ name: string, channels: Channel[] }[]} pictures */
  lay(pictures) {
    const [count, height, width] = this.stamp.shape;
    this.pictures.replaceChildren();
    this.pictures.style.setProperty("--zx-columns", String(Math.min(MOST_COLUMNS, this.channels.length)));
    this.pointer = null;
    this.figures = pictures.map(({ name, channels }) => {
      const box = element("figure", channels.length > 1 ? "zx-viewer-wide" : null, this.pictures);
      const frame = element("div", "zx-viewer-frame", box);
      const canvas = element("canvas", null, frame);
      Object.assign(canvas, { width, height });
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${name} stamp`);
      const figure = { name, canvas, frame, caption: element("figcaption", null, box, name), channels };
      canvas.onpointermove = (event) => this.point(figure, event);
      canvas.onpointerleave = () => this.leave();
      return figure;
    });
    this.note.textContent = count > this.channels.length ? `The first ${this.channels.length} of ${count} channels` : "";
    if (this.note.textContent) this.pictures.after(this.note);
    else this.note.remove();
  }

  placeBar() {
    const pixelScale = this.stamp.pixelScale ?? 0;
    const extent = pixelScale * this.stamp.shape[2]; // arcsec
    const length = BARS_ARCSEC.find((bar) => bar <= LONGEST_BAR * extent);
    this.bar.remove();
    this.scale = length ? { length, share: length / extent } : null;
    if (!length) return;
    this.bar.style.width = `${(100 * length) / extent}%`;
    this.bar.textContent = `${length}″`;
    this.bar.title = `${length} arcsec, at ${Number(pixelScale.toPrecision(3))} arcsec per pixel`;
    this.figures[0].frame.appendChild(this.bar);
  }

  draw() {
    const [, height, width] = this.stamp.shape;
    const table = colourTable(settings.map, settings.inverted);
    for (const figure of this.figures) {
      const shown = figure.channels.map((channel) => brightness(channel.pixels, channel, settings));
      const image = new ImageData(width, height);
      const paint = shown.length > 1 ? mixed(shown) : mapped(shown[0], table);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) paint(image.data, 4 * ((height - 1 - y) * width + x), y * width + x); // FITS
      }
      figure.canvas.getContext("2d")?.putImageData(image, 0, 0);
      figure.caption.title = figure.channels.map(limitsText).join("; ");
    }
    this.root.dataset.drawn = String(Number(this.root.dataset.drawn ?? 0) + 1);
  }

  /**
   * @param {Figure} figure
   * @param {PointerEvent} event
   */
  point(figure, event) {
    const [, height, width] = this.stamp.shape;
    const box = figure.canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * width);
    const y = height - 1 - Math.floor(((event.clientY - box.top) / box.height) * height);
    this.pointer = { figure, x: clamp(x, width), y: clamp(y, height) };
    this.say();
  }

  leave() {
    this.pointer = null;
    this.say();
  }

  /** Say the value of the pixel that is pointed at; of another stamp that at the same place. */
  say() {
    this.line.replaceChildren();
    if (!this.pointer) return this.line.append(POINT);
    const { figure, x, y } = this.pointer;
    const { pixelScale, shape: [, height, width] } = this.stamp;
    const values = figure.channels.map((channel) => {
      const value = channel.pixels[y * width + x];
      return `${channel.name} ${isGood(value) ? Number(value.toPrecision(6)) : "no measurement"}`;
    });
    element("b", null, this.line, values.join(", "));
    const offsets = [x - (width - 1) / 2, y - (height - 1) / 2].map((pixels) => signed(pixels * (pixelScale ?? 0)));
    const where = pixelScale ? `; ${offsets.join(", ")} arcsec from the middle` : "";
    element("span", null, this.line, `x ${x}, y ${y}${where}`);
  }

  save() {
    const { objectId } = this.stamp;
    save(this.figures, objectId ?? "", `${objectId ?? ""}  (${this.controls.text})`, this.scale);
  }
}

/**
 * @param {Stamp} stamp
 * @returns {Channel[]}
 */
function channelsOf(stamp) {
  const size = stamp.shape[1] * stamp.shape[2];
  return stamp.names.map((name, i) => {
    const pixels = stamp.pixels.subarray(i * size, (i + 1) * size);
    /** @type {Float32Array | undefined} */
    let ascending;
    return {
      name, pixels, signed: stamp.signed[i], white: stamp.white ?? null, limits: stamp.limits[i],
      ascending: () => (ascending ??= sorted(pixels)),
    };
  });
}

// Where there is no measurement nothing is painted.

/** @type {(levels: Int16Array, table: Uint8ClampedArray) => Painter} */
const mapped = (levels, table) => (data, to, from) => {
  if (levels[from] < 0) return;
  for (let k = 0; k < 3; k++) data[to + k] = table[3 * levels[from] + k];
  data[to + 3] = 255;
};
/** @type {(levels: Int16Array[]) => Painter} */
const mixed = (levels) => (data, to, from) => {
  if (levels.some((level) => level[from] < 0)) return;
  for (let k = 0; k < 3; k++) data[to + k] = levels[k][from];
  data[to + 3] = 255;
};

/** @param {Channel} channel */
function limitsText(channel) {
  const [low, high] = bounds(channel, settings).map((value) => Number(value.toPrecision(4)));
  return `${channel.name}: from ${low} to ${high}`;
}

/** @type {(at: number, length: number) => number} */
const clamp = (at, length) => Math.min(Math.max(at, 0), length - 1);
/** @param {number} value */
const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;
