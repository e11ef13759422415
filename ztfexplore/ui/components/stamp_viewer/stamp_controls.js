// The boxes and buttons below the pictures.

import { MAPS } from "../shared/colour_maps.js";
import { button, element } from "../shared/dom.js";
import { isValid } from "./stamp_settings.js";

/** @typedef {import("./stamp_settings.js").Settings} Settings */

export class Controls {
  /**
   * @param {HTMLElement} root
   * @param {Settings} settings
   * @param {(changes: Partial<Settings>) => void} change
   * @param {() => void} save
   */
  constructor(root, settings, change, save) {
    this.settings = settings;
    this.change = change;
    const row = element("div", "zx-viewer-controls", root);
    this.stretch = select(row, "Stretch", { asinh: "asinh", linear: "linear", zscale: "ZScale" }, (stretch) => change({ stretch }));
    this.limits = select(row, "Limits", { automatic: "auto limits", percentile: "percentiles" }, (limits) => change({ limits }));
    this.map = select(row, "Colours", Object.fromEntries(MAPS.map((name) => [name, name])), (map) => change({ map }));
    this.inverted = labelled(row, "◐", "Invert: bright becomes dark", () => change({ inverted: !settings.inverted }));
    labelled(row, "PNG", "Save the pictures as they are seen, as a PNG file", save);
    this.percentiles = element("div", "zx-viewer-percentiles", root);
    element("span", null, this.percentiles, "black at");
    this.low = this.number("Percentile shown as black");
    element("span", null, this.percentiles, "%, white at");
    this.high = this.number("Percentile shown as white");
    element("span", null, this.percentiles, "% of the pixels");
    this.sync();
  }

  /** @param {string} label */
  number(label) {
    const made = element("input", null, this.percentiles);
    Object.assign(made, { type: "number", min: 0, max: 100, step: 0.5, title: label });
    made.setAttribute("aria-label", label);
    made.oninput = () => this.typed();
    return made;
  }

  /** Percentiles were typed in; the last that made sense stay. */
  typed() {
    const [low, high] = [this.low.valueAsNumber, this.high.valueAsNumber];
    const makesSense = isValid("low", low) && isValid("high", high) && low < high;
    this.percentiles.classList.toggle("zx-wrong", !makesSense);
    if (makesSense) this.change({ low, high });
  }

  /** Show the settings as they are. */
  sync() {
    const { settings } = this;
    const isZscale = settings.stretch === "zscale"; // a rule for the limits
    this.stretch.value = settings.stretch;
    this.limits.value = settings.limits;
    this.limits.disabled = isZscale;
    this.limits.title = isZscale ? "ZScale sets the limits" : "Limits";
    this.map.value = settings.map;
    this.inverted.setAttribute("aria-pressed", String(settings.inverted));
    this.percentiles.hidden = settings.limits !== "percentile" || isZscale;
    for (const name of /** @type {const} */ (["low", "high"])) {
      if (document.activeElement !== this[name]) this[name].value = String(settings[name]);
    }
  }

  /** What was chosen, in words: 'linear, percentiles 1 to 99.5'. */
  get text() {
    const limits = this.percentiles.hidden ? "" : `, percentiles ${this.settings.low} to ${this.settings.high}`;
    return `${this.stretch.selectedOptions[0].textContent}${limits}`;
  }
}

/**
 * @param {HTMLElement} row
 * @param {string} label
 * @param {Record<string, string>} options
 * @param {(value: string) => void} onChange
 */
function select(row, label, options, onChange) {
  const made = element("select", null, row);
  made.setAttribute("aria-label", label);
  made.title = label;
  for (const [value, text] of Object.entries(options)) element("option", null, made, text).value = value;
  made.onchange = () => onChange(made.value);
  return made;
}

/**
 * @param {HTMLElement} row
 * @param {string} text
 * @param {string} title
 * @param {() => void} onClick
 */
function labelled(row, text, title, onClick) {
  const made = button("", row, text, title, onClick);
  made.setAttribute("aria-label", title);
  return made;
}
