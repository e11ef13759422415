// The keyboard: arrows walk the neighbours, Escape clears, L goes to the labels, + and - zoom the maps, F shows all of them.

import { clearAll } from "./actions.js";
import { zoomByKey } from "./camera.js";

const ZOOM = { "+": "+", "=": "+", "-": "-", f: "f", F: "f" }; // = is the key of + without shift

export function watchKeys(store) {
  document.addEventListener("keydown", (event) => {
    if (!store.root?.isConnected || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "Escape") return clearAll(store);
    if (event.key === "l" || event.key === "L") return focusLabels(event);
    if (ZOOM[event.key] && store.points) return zoomByKey(store, ZOOM[event.key]);
    if (event.key.startsWith("Arrow")) walk(store, event);
  });
}

const BUTTONS = ["checkbox", "button"]; // inputs that nobody types into

const isTyping = (target) =>
  target.isContentEditable || (["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) && !BUTTONS.includes(target.type)) || target.closest?.('[role="listbox"],[role="slider"]');

function focusLabels(event) {
  const first = document.querySelector('[class*="st-key-label-"] button');
  if (!first) return;
  event.preventDefault();
  first.scrollIntoView({ block: "nearest" });
  first.focus();
}

// From card to card; up and down by a line, and at its end on to the other embedding.
function walk(store, event) {
  const cards = [...(store.panelRoot?.querySelectorAll(".zx-card") ?? [])];
  if (!cards.length) return;
  event.preventDefault();
  const at = cards.indexOf(document.activeElement);
  const next = at < 0 ? cards[0] : cards[step(cards, at, event.key)];
  next?.focus();
}

function step(cards, at, key) {
  if (key === "ArrowRight") return Math.min(at + 1, cards.length - 1);
  if (key === "ArrowLeft") return Math.max(at - 1, 0);
  // The card above or below: the nearest in the next line of the same column.
  const here = cards[at].getBoundingClientRect();
  const down = key === "ArrowDown";
  let best = at;
  let closest = Infinity;
  cards.forEach((other, i) => {
    const box = other.getBoundingClientRect();
    const dy = down ? box.top - here.top : here.top - box.top;
    const distance = dy * 10 + Math.abs(box.left - here.left);
    if (dy > 5 && Math.abs(box.left - here.left) < here.width && distance < closest) [best, closest] = [i, distance];
  });
  return best;
}
