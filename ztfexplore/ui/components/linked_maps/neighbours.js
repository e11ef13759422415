// The grids of neighbours, and the objects asked about.

import { button, element, part, problem } from "../shared/dom.js";
import { askAgain, follow, followSelection, leaveOut, pick } from "./actions.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./types").Card} Card */
/** @typedef {import("./types").Near} Near */

// What the page says about the object picked before is out of date until Python has answered.
const ABOUT_PICKED = '[data-testid="object-card"], [data-testid="object-measurements"]';

/** The element of each page's neighbours. @type {WeakMap<Store, HTMLElement>} */
const roots = new WeakMap();

/**
 * Show the neighbours of whatever is asked about.
 * @param {Store} store
 */
export function connectNeighbours(store) {
  store.on("query", () => store.query.like.length && roots.get(store)?.classList.add("zx-waiting"));
  store.on("near", () => drawPanel(store));
  store.on("rows", () => roots.get(store)?.replaceChildren());
  store.on("behind", (isBehind) => {
    const cards = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(ABOUT_PICKED));
    for (const card of cards) card.style.opacity = isBehind ? "0.35" : "";
  });
}

/**
 * @param {Store} store
 * @param {import("./types").PanelMessage} data
 * @param {HTMLElement} parent
 * @param {(name: string, value: unknown) => void} trigger
 */
export function mountPanel(store, data, parent, trigger) {
  store.sender.trigger = trigger;
  const root = part(parent, ".zx-panel");
  roots.set(store, root);
  store.panel = data;
  followSelection(store, data.selected);
  if (!root.childElementCount) drawPanel(store);
  follow(store, data);
}

/**
 * The cards on the screen, in order.
 * @param {Store} store
 * @returns {HTMLElement[]}
 */
export const cardsOf = (store) => [...(roots.get(store)?.querySelectorAll(".zx-card") ?? [])].map((card) => /** @type {HTMLElement} */ (card));

/** @param {Store} store */
function drawPanel(store) {
  const [root, near] = [roots.get(store), store.near];
  if (!root) return;
  root.replaceChildren();
  root.classList.remove("zx-waiting");
  root.dataset.picked = near?.like[0]?.candid ?? "";
  if (!near) return;
  if (near.problem) problem(root, `No neighbours: ${near.problem}`, () => askAgain(store));
  if (near.like.length + near.unlike.length > 1) drawQuery(store, root, near);
  near.panels.forEach((panel, i) => {
    const side = element("section", "zx-side", root);
    element("h4", null, side, `${store.panel?.headings[i]}: ${panel.items.length} nearest by cosine distance`);
    element("p", "zx-note", side, [panel.note, i === 0 ? near.overlap : ""].filter(Boolean).join("; "));
    const grid = element("div", "zx-grid", side);
    panel.items.forEach((item) => grid.appendChild(card(store, item)));
  });
}

/**
 * Several objects asked about at once: what they are, each of which can be taken out again.
 * @param {Store} store
 * @param {HTMLElement} root
 * @param {Near} near
 */
function drawQuery(store, root, near) {
  const box = element("div", "zx-query", root);
  /** @type {[string, Card[], string][]} */
  const sides = [["More like", near.like, "like"], ["but not", near.unlike, "unlike"]];
  for (const [title, items, side] of sides) {
    if (!items.length) continue;
    element("span", null, box, title);
    for (const item of items) {
      const chip = button(`zx-chip zx-chip-${side}`, box, undefined, "Take it out of the query", () => leaveOut(store, item.row));
      element("img", null, chip).src = item.image;
      element("span", null, chip, `${item.object_id} ×`);
    }
  }
}

/**
 * @param {Store} store
 * @param {Card} item
 */
function card(store, item) {
  const box = element("div", "zx-cell");
  const title = `${item.object_id}, candid ${item.candid}${item.shared ? ", a neighbour in both embeddings" : ""}`;
  const made = button("zx-card", box, undefined, title, (event) => pick(store, item.row, event));
  made.dataset.candid = item.candid;
  if (item.shared) made.classList.add("zx-shared");
  const image = element("img", null, made);
  image.src = item.image;
  image.alt = `stamp of ${item.object_id}`;
  caption(made, item);
  // Ring it in the maps while it is pointed at.
  made.onmouseenter = made.onfocus = () => store.hover(item.row, false);
  made.onmouseleave = made.onblur = () => store.hover(null);
  extra(store, box, item, "+", "More like this one too (shift-click)", { shiftKey: true });
  extra(store, box, item, "−", "But not like this one (alt-click)", { altKey: true });
  return box;
}

/**
 * @param {HTMLElement} parent
 * @param {Card} item
 */
function caption(parent, item) {
  const line = element("span", "zx-caption", parent);
  const label = element("b", null, line, item.caption);
  label.style.setProperty("--zx-class", item.colour);
  line.classList.toggle("zx-named", item.colour === "transparent"); // a name instead of a class: in a line of its own
  if (item.simulated) element("span", "zx-distance", line, "sim");
  element("span", "zx-distance", line, item.distance.toPrecision(2));
}

/**
 * What shift and alt do, for those who click without a keyboard.
 * @param {Store} store
 * @param {HTMLElement} box
 * @param {Card} item
 * @param {string} sign
 * @param {string} title
 * @param {import("./actions.js").Keys} keys
 */
function extra(store, box, item, sign, title, keys) {
  const made = button("zx-extra", box, sign, title, () => pick(store, item.row, keys));
  made.setAttribute("aria-label", `${title}: ${item.object_id}`);
}
