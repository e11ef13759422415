// The keyboard: arrows walk the neighbours, Escape clears, L goes to the labels, + and - zoom the maps, F shows all of them.

import { clearAll } from "./actions.js";
import { zoomByKey } from "./camera.js";
import { cardsOf } from "./neighbours.js";

/** @typedef {import("./store.js").Store} Store */

/** @type {Record<string, "+" | "-" | "f">} */
const ZOOM = { "+": "+", "=": "+", "-": "-", f: "f", F: "f" }; // = is the key of + without shift
const TYPED_INTO = ["INPUT", "TEXTAREA", "SELECT"];
const BUTTONS = ["checkbox", "button"]; // inputs that nobody types into
const WIDGETS = '[role="listbox"],[role="slider"]'; // have keys of their own

/**
 * Listen to the keyboard.
 * @param {Store} store
 */
export function watchKeys(store) {
  document.addEventListener("keydown", (event) => {
    if (!store.root?.isConnected || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "Escape") return clearAll(store);
    if (event.key === "l" || event.key === "L") return focusLabels(event);
    if (ZOOM[event.key] && store.panels[0]?.points) return zoomByKey(store, ZOOM[event.key]);
    if (event.key.startsWith("Arrow")) walk(cardsOf(store), event);
  });
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  const isBox = TYPED_INTO.includes(target.tagName) && !BUTTONS.includes(/** @type {HTMLInputElement} */ (target).type);
  return target.isContentEditable || isBox || target.closest(WIDGETS) !== null;
}

/** @param {KeyboardEvent} event */
function focusLabels(event) {
  const first = /** @type {HTMLElement | null} */ (document.querySelector('[class*="st-key-label-"] button'));
  if (!first) return;
  event.preventDefault();
  first.scrollIntoView({ block: "nearest" });
  first.focus();
}

/**
 * From card to card; up and down by a line, and at its end on to the other embedding.
 * @param {HTMLElement[]} cards
 * @param {KeyboardEvent} event
 */
function walk(cards, event) {
  if (!cards.length) return;
  event.preventDefault();
  const at = cards.findIndex((card) => card === document.activeElement);
  (at < 0 ? cards[0] : cards[step(cards, at, event.key)])?.focus();
}

/**
 * @param {HTMLElement[]} cards
 * @param {number} at
 * @param {string} key
 */
function step(cards, at, key) {
  if (key === "ArrowRight") return Math.min(at + 1, cards.length - 1);
  if (key === "ArrowLeft") return Math.max(at - 1, 0);
  // The card above or below: the nearest in the next line of the same column.
  const here = cards[at].getBoundingClientRect();
  let [best, closest] = [at, Infinity];
  cards.forEach((other, i) => {
    const box = other.getBoundingClientRect();
    const dy = key === "ArrowDown" ? box.top - here.top : here.top - box.top;
    const distance = dy * 10 + Math.abs(box.left - here.left);
    if (dy > 5 && Math.abs(box.left - here.left) < here.width && distance < closest) [best, closest] = [i, distance];
  });
  return best;
}
