// One stamp's channels on canvases, drawn from its pixels as read: another stretch asks nobody.
//
// mountStamps(container, { pixels, objectId, ...message }) draws, and draws again for another object; `message` is what
// ztfexplore/display/viewer_message.py's viewer_message gives. Settings outlive objects, and page changes in a tab.

import { MAPS, bounds, brightness, colours, isGood, sorted } from "./stamp_stretch.js";

const KEY = "ztfexplore-stamps";
const DEFAULTS = { stretch: "asinh", limits: "automatic", low: 1, high: 99.5, map: "grey", inverted: false };
const CHOICES = { stretch: ["asinh", "linear", "zscale"], limits: ["automatic", "percentile"], map: MAPS };
const BARS_ARCSEC = [120, 60, 30, 15, 5, 2, 1, 0.5, 0.2, 0.1];
const LONGEST_BAR = 0.5; // of the picture's width
const MOST_COLUMNS = 3;
const SAVED_PIXELS = 252; // a picture in the saved file is at least this wide
const POINT = "Point at a pixel for its value";

const settings = { ...DEFAULTS, ...remembered() };
const viewers = new WeakMap();

export function mountStamps(container, stamp) {
  let viewer = viewers.get(container);
  if (!viewer || !viewer.root.isConnected) {
    viewer = build(container);
    viewers.set(container, viewer);
  }
  show(viewer, stamp);
}

// --- settings ---------------------------------------------------------------------------------------------------

function remembered() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY)) ?? {};
    return Object.fromEntries(Object.entries(kept).filter(([name, value]) => isValid(name, value)));
  } catch {
    return {}; // no storage, or not ours
  }
}

function isValid(name, value) {
  if (name in CHOICES) return CHOICES[name].includes(value);
  if (name === "inverted") return typeof value === "boolean";
  return (name === "low" || name === "high") && Number.isFinite(value) && value >= 0 && value <= 100;
}

function change(viewer, changes) {
  Object.assign(settings, changes);
  try {
    sessionStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // then the settings last as long as the page
  }
  syncControls(viewer);
  draw(viewer);
}

// --- what it is made of -----------------------------------------------------------------------------------------

function element(tag, className, parent, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text; // never HTML
  parent?.appendChild(made);
  return made;
}

function build(container) {
  const root = element("div", "zx-viewer");
  const viewer = { root, pictures: element("div", "zx-viewer-pictures", root), figures: [], pointer: null };
  viewer.line = element("div", "zx-viewer-line", root, POINT);
  viewer.line.title = "Pixels count from 0 at the lower left; offsets are from the middle of the stamp";
  viewer.bar = element("div", "zx-viewer-bar");
  viewer.note = element("div", "zx-viewer-note");
  const row = element("div", "zx-viewer-controls", root);
  viewer.stretch = select(row, "Stretch", [["asinh", "asinh"], ["linear", "linear"], ["zscale", "ZScale"]], (stretch) =>
    change(viewer, { stretch }),
  );
  viewer.limits = select(row, "Limits", [["automatic", "auto limits"], ["percentile", "percentiles"]], (limits) =>
    change(viewer, { limits }),
  );
  viewer.map = select(row, "Colours", MAPS.map((name) => [name, name]), (map) => change(viewer, { map }));
  viewer.inverted = button(row, "◐", "Invert: bright becomes dark", () => change(viewer, { inverted: !settings.inverted }));
  button(row, "PNG", "Save the pictures as they are seen, as a PNG file", () => save(viewer));
  viewer.percentiles = element("div", "zx-viewer-percentiles", root);
  element("span", null, viewer.percentiles, "black at");
  viewer.low = number(viewer, "Percentile shown as black", "low");
  element("span", null, viewer.percentiles, "%, white at");
  viewer.high = number(viewer, "Percentile shown as white", "high");
  element("span", null, viewer.percentiles, "% of the pixels");
  container.replaceChildren(root);
  syncControls(viewer);
  return viewer;
}

function select(row, label, options, onChange) {
  const made = element("select", null, row);
  made.setAttribute("aria-label", label);
  made.title = label;
  for (const [value, text] of options) element("option", null, made, text).value = value;
  made.onchange = () => onChange(made.value);
  return made;
}

function button(row, text, title, onClick) {
  const made = element("button", null, row, text);
  made.type = "button";
  made.title = title;
  made.setAttribute("aria-label", title);
  made.onclick = onClick;
  return made;
}

function number(viewer, label, name) {
  const made = element("input", null, viewer.percentiles);
  Object.assign(made, { type: "number", min: 0, max: 100, step: 0.5, title: label });
  made.setAttribute("aria-label", label);
  made.oninput = () => {
    const low = viewer.low.valueAsNumber, high = viewer.high.valueAsNumber;
    const makesSense = isValid("low", low) && isValid("high", high) && low < high;
    viewer.percentiles.classList.toggle("zx-wrong", !makesSense); // the last that made sense stay
    if (makesSense) change(viewer, { low, high });
  };
  return made;
}

function syncControls(viewer) {
  viewer.stretch.value = settings.stretch;
  viewer.limits.value = settings.limits;
  viewer.limits.disabled = settings.stretch === "zscale"; // it is a rule for the limits
  viewer.limits.title = viewer.limits.disabled ? "ZScale sets the limits" : "Limits";
  viewer.map.value = settings.map;
  viewer.inverted.setAttribute("aria-pressed", String(settings.inverted));
  viewer.percentiles.hidden = settings.limits !== "percentile" || viewer.limits.disabled;
  for (const name of ["low", "high"]) {
    if (document.activeElement !== viewer[name]) viewer[name].value = settings[name];
  }
}

// --- pictures ---------------------------------------------------------------------------------------------------

function show(viewer, stamp) {
  const size = stamp.shape[1] * stamp.shape[2];
  viewer.stamp = stamp;
  viewer.channels = stamp.names.map((name, i) => {
    const pixels = stamp.pixels.subarray(i * size, (i + 1) * size);
    let ascending;
    return {
      name, pixels, signed: stamp.signed[i], white: stamp.white ?? null, limits: stamp.limits[i],
      ascending: () => (ascending ??= sorted(pixels)),
    };
  });
  viewer.stretch.options[0].textContent = stamp.white == null ? "asinh" : "as published";
  const pictures = viewer.channels.map((channel) => ({ name: channel.name, channels: [channel] }));
  if (stamp.composite) pictures.unshift({ name: "colour", channels: stamp.composite.map((i) => viewer.channels[i]) });
  const layout = `${stamp.shape}|${pictures.map((picture) => picture.name)}`;
  if (viewer.layout !== layout) lay(viewer, pictures);
  viewer.layout = layout;
  viewer.figures.forEach((figure, i) => (figure.channels = pictures[i].channels));
  draw(viewer);
  point(viewer);
}

function lay(viewer, pictures) {
  const [count, height, width] = viewer.stamp.shape;
  viewer.pictures.replaceChildren();
  viewer.pictures.style.setProperty("--zx-columns", Math.min(MOST_COLUMNS, viewer.channels.length));
  viewer.pointer = null;
  viewer.figures = pictures.map((picture) => {
    const box = element("figure", picture.channels.length > 1 ? "zx-viewer-wide" : null, viewer.pictures);
    const frame = element("div", "zx-viewer-frame", box);
    const canvas = element("canvas", null, frame);
    Object.assign(canvas, { width, height });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${picture.name} stamp`);
    const figure = { name: picture.name, canvas, frame, caption: element("figcaption", null, box, picture.name) };
    canvas.onpointermove = (event) => point(viewer, figure, event);
    canvas.onpointerleave = () => point(viewer, null);
    return figure;
  });
  placeBar(viewer);
  viewer.note.textContent = count > viewer.channels.length ? `The first ${viewer.channels.length} of ${count} channels` : "";
  if (viewer.note.textContent) viewer.pictures.after(viewer.note);
  else viewer.note.remove();
}

function placeBar(viewer) {
  const { pixelScale, shape } = viewer.stamp;
  const extent = pixelScale * shape[2]; // arcsec; 0 if unknown
  const length = BARS_ARCSEC.find((bar) => bar <= LONGEST_BAR * extent);
  viewer.bar.remove();
  viewer.scale = length ? { length, share: length / extent } : null;
  if (!length) return;
  viewer.bar.style.width = `${(100 * length) / extent}%`;
  viewer.bar.textContent = `${length}″`;
  viewer.bar.title = `${length} arcsec, at ${Number(pixelScale.toPrecision(3))} arcsec a pixel`;
  viewer.figures[0].frame.appendChild(viewer.bar);
}

function draw(viewer) {
  const [, height, width] = viewer.stamp.shape;
  const table = colours(settings.map, settings.inverted);
  for (const figure of viewer.figures) {
    const shown = figure.channels.map((channel) => brightness(channel.pixels, channel, settings));
    const image = new ImageData(width, height);
    const paint = shown.length > 1 ? mixed(shown) : mapped(shown[0], table);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) paint(image.data, 4 * ((height - 1 - y) * width + x), y * width + x); // FITS
    }
    figure.canvas.getContext("2d").putImageData(image, 0, 0);
    figure.caption.title = figure.channels.map((channel) => limitsText(channel)).join("; ");
  }
  viewer.root.dataset.drawn = String(Number(viewer.root.dataset.drawn ?? 0) + 1);
}

// Painters of one pixel: data[to..to+3] from pixel `from`; where there is no measurement nothing is painted.
const mapped = (levels, table) => (data, to, from) => {
  if (levels[from] < 0) return;
  for (let k = 0; k < 3; k++) data[to + k] = table[3 * levels[from] + k];
  data[to + 3] = 255;
};
const mixed = (levels) => (data, to, from) => {
  if (levels.some((level) => level[from] < 0)) return;
  for (let k = 0; k < 3; k++) data[to + k] = levels[k][from];
  data[to + 3] = 255;
};

function limitsText(channel) {
  const [low, high] = bounds(channel, settings).map((value) => Number(value.toPrecision(4)));
  return `${channel.name}: from ${low} to ${high}`;
}

// --- the pixel pointed at ---------------------------------------------------------------------------------------

// Say the value under the pointer; without a figure, that of the new stamp at the same place.
function point(viewer, figure = viewer.pointer?.figure, event = null) {
  const [, height, width] = viewer.stamp.shape;
  if (event) {
    const box = figure.canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * width);
    const y = height - 1 - Math.floor(((event.clientY - box.top) / box.height) * height);
    viewer.pointer = { figure, x: clamp(x, width), y: clamp(y, height) };
  } else if (!figure) {
    viewer.pointer = null;
  }
  viewer.line.replaceChildren();
  if (!viewer.pointer) return viewer.line.append(POINT);
  const { x, y } = viewer.pointer;
  const values = figure.channels.map((channel) => {
    const value = channel.pixels[y * width + x];
    return `${channel.name} ${isGood(value) ? Number(value.toPrecision(6)) : "no measurement"}`;
  });
  element("b", null, viewer.line, values.join(", "));
  const { pixelScale } = viewer.stamp;
  const offsets = [x - (width - 1) / 2, y - (height - 1) / 2].map((pixels) => signed(pixels * pixelScale));
  element("span", null, viewer.line, `x ${x}, y ${y}${pixelScale ? `; ${offsets.join(", ")} arcsec from the middle` : ""}`);
}

const clamp = (at, length) => Math.min(Math.max(at, 0), length - 1);
const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;

// --- saving -----------------------------------------------------------------------------------------------------

// The pictures side by side with their names and the scale bar, on white.
function sheet(viewer) {
  const [, height, width] = viewer.stamp.shape;
  const zoom = Math.max(1, Math.ceil(SAVED_PIXELS / width));
  const columns = Math.min(viewer.figures.length, 4), rows = Math.ceil(viewer.figures.length / columns);
  const gap = 8, text = 20;
  const canvas = document.createElement("canvas");
  canvas.width = columns * (width * zoom + gap) + gap;
  canvas.height = text + rows * (height * zoom + text + gap);
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  context.fillStyle = "#000";
  context.font = "14px sans-serif";
  const stretch = viewer.stretch.selectedOptions[0].textContent;
  const limits = viewer.percentiles.hidden ? "" : `, percentiles ${settings.low} to ${settings.high}`;
  context.fillText(`${viewer.stamp.objectId ?? ""}  (${stretch}${limits})`, gap, 15, canvas.width - 2 * gap);
  viewer.figures.forEach((figure, i) => {
    const left = gap + (i % columns) * (width * zoom + gap), top = text + Math.floor(i / columns) * (height * zoom + text + gap);
    hatch(context, left, top, width * zoom, height * zoom);
    context.drawImage(figure.canvas, left, top, width * zoom, height * zoom);
    const bar = i === 0 && viewer.scale ? `  (bar: ${viewer.scale.length} arcsec)` : "";
    context.fillText(figure.name + bar, left, top + height * zoom + 15, width * zoom);
    if (bar) {
      context.fillRect(left + 5, top + height * zoom - 12, viewer.scale.share * width * zoom + 2, 6);
      context.fillStyle = "#fff";
      context.fillRect(left + 6, top + height * zoom - 11, viewer.scale.share * width * zoom, 4);
      context.fillStyle = "#000";
    }
  });
  return canvas;
}

// What shows where there is no measurement; white would pass for a bright star.
function hatch(context, left, top, width, height, size = 8) {
  for (let y = 0; y < height; y += size) {
    for (let x = 0; x < width; x += size) {
      context.fillStyle = ((x + y) / size) % 2 ? "#c9ccd1" : "#dfe1e5";
      context.fillRect(left + x, top + y, Math.min(size, width - x), Math.min(size, height - y));
    }
  }
  context.fillStyle = "#000";
}

function save(viewer) {
  sheet(viewer).toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${String(viewer.stamp.objectId ?? "stamp").replace(/[^\w.-]+/g, "_").slice(0, 80)}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, "image/png");
}
