// What one page's maps, stamps and neighbours share. Whoever changes something tells the store, whoever shows it
// listens: the store knows neither. Mounts come and go with Streamlit's reruns; the store stays as long as the tab.

import { Sender } from "./sender.js";

/** @typedef {import("./types").Query} Query */
/** @typedef {import("./types").Near} Near */
/** @typedef {import("./panel.js").Panel} Panel */
/** @typedef {"move" | "box" | "lasso"} Tool what dragging does */

/**
 * What listeners hear, by event.
 * @typedef {object} Events
 * @property {void} query other objects are asked about
 * @property {void} near the answer about them came, or went
 * @property {boolean} behind whether Python has yet to answer the last pick
 * @property {void} selection other rows are selected
 * @property {boolean} hover another row is pointed at; whether its stamp is wanted beside it
 * @property {number} hidden an entry of the legend was hidden or shown
 * @property {Tool} tool dragging does something else
 * @property {void} colour the maps get other points, colours or classes
 * @property {Panel} view another part of a map is seen, or was drawn
 * @property {void} rows the rows are those of another catalogue, or of another version
 */

const NOTHING = Object.freeze({ like: [], unlike: [] });

export class Store {
  constructor() {
    // --- what Python said last
    /** @type {import("./types").MapsMessage | null} */
    this.maps = null;
    /** @type {import("./types").StampsMessage | null} */
    this.stamps = null;
    /** @type {import("./types").PanelMessage | null} */
    this.panel = null;
    /** How addresses of questions about the rows begin: row numbers mean something only there. @type {string | null} */
    this.view = null;
    this.sender = new Sender();

    // --- the maps
    /** The maps' element, null while they are not on the page. @type {HTMLElement | null} */
    this.root = null;
    /** @type {Panel[]} */
    this.panels = [];
    /** Names of the objects, null if they are too many to send. @type {string[] | null} */
    this.ids = null;
    /** @type {import("./types").Colouring | null} */
    this.colour = null;
    /** The points and names that are being fetched, or were. @type {Promise<import("./maps.js").Loaded> | null} */
    this.loaded = null;
    /** Id of the colours that are drawn. @type {string | null} */
    this.drawn = null;
    /** Entries of the legend that are hidden. @type {Set<number>} */
    this.hidden = new Set();
    /** @type {Tool} */
    this.tool = "move";
    /** The map under a pressed mouse button. @type {Panel | null} */
    this.held = null;

    // --- what a person does
    /** @type {Query} */
    this.query = NOTHING;
    /** The server's answer about the query. @type {Near | null} */
    this.near = null;
    /** The question that was asked last, null if it may be asked again. @type {string | null} */
    this.asked = null;
    /** The query that Python has not heard of yet. @type {string | null} */
    this.awaiting = null;
    /** Selected rows, null for none. @type {Uint32Array | null} */
    this.selection = null;
    /** Names the selection, in messages both ways. */
    this.selected = "";
    /** The selection that Python has not heard of yet. @type {{ name: string } | null} */
    this.selecting = null;
    /** The row that is pointed at. @type {number | null} */
    this.hovered = null;

    /** @type {Map<string, ((detail: any) => void)[]>} */
    this.listeners = new Map();
  }

  /**
   * Call a function at every event of a kind.
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {(detail: Events[Name]) => void} listener
   */
  on(name, listener) {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }

  /**
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {Events[Name]} detail
   */
  tell(name, detail) {
    for (const listener of this.listeners.get(name) ?? []) listener(detail);
  }

  /** @param {Query} query */
  setQuery(query) {
    this.query = query;
    this.tell("query", undefined);
  }

  /** @param {Near | null} near */
  setNear(near) {
    this.near = near;
    this.tell("near", undefined);
  }

  /** @param {Uint32Array | null} rows */
  setSelection(rows) {
    this.selection = rows;
    this.tell("selection", undefined);
  }

  /** @param {Tool} tool */
  setTool(tool) {
    this.tool = tool;
    this.tell("tool", tool);
  }

  /**
   * Point at a row, or at none.
   * @param {number | null} row
   * @param {boolean} [withStamp] show its stamp beside it
   */
  hover(row, withStamp = true) {
    if (this.hovered === row) return;
    this.hovered = row;
    this.tell("hover", withStamp);
  }

  /**
   * Show or hide an entry of the legend.
   * @param {number} entry
   */
  toggle(entry) {
    if (!this.hidden.delete(entry)) this.hidden.add(entry);
    this.tell("hidden", entry);
  }

  /**
   * Whether a row is of a class that the legend hides.
   * @param {number} row
   */
  isHidden(row) {
    return this.colour?.kind === "categories" && this.hidden.has(this.colour.codes[row]);
  }

  /**
   * Whether a row is on the maps: neither filtered out nor of a class that the legend hides.
   * @param {number} row
   */
  isShown(row) {
    const mask = this.colour?.mask;
    return (!mask || mask[row] !== 0) && !this.isHidden(row);
  }

  /**
   * Another catalogue, or another version of one: its rows are others.
   * @param {string} view
   */
  turnTo(view) {
    if (this.view === view) return;
    const isFirst = this.view === null;
    Object.assign(this, { view, selection: null, selected: "", selecting: null, hovered: null });
    for (const panel of this.panels) Object.assign(panel, { points: null, grid: null });
    if (isFirst) return;
    Object.assign(this, { near: null, query: NOTHING, asked: null, awaiting: null });
    this.tell("rows", undefined);
  }
}
