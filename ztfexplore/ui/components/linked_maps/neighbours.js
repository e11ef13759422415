// The grids of neighbours, and the objects asked about.

import { ask_about, ask_again, follow, followSelection, pick } from "./actions.js";
import { element, problem } from "./data.js";
import { clearHover, placeRings } from "./overlay.js";

export function mountPanel(store, data, parent, setTriggerValue) {
  store.send = (name, value) => setTriggerValue(name, value);
  store.panelRoot = parent.querySelector(".zx-panel");
  store.panel = data;
  followSelection(store, data.selected);
  if (!store.panelRoot.childElementCount) drawPanel(store);
  follow(store, data);
}

export function drawPanel(store) {
  const root = store.panelRoot;
  if (!root) return;
  root.replaceChildren();
  root.classList.remove("zx-waiting");
  const near = store.near;
  root.dataset.picked = near?.like[0]?.candid ?? "";
  if (!near) return;
  if (near.problem) problem(root, `No neighbours: ${near.problem}`, () => ask_again(store));
  if (near.like.length + near.unlike.length > 1) drawQuery(store, root, near);
  near.panels.forEach((panel, i) => {
    const side = element("section", "zx-side", root);
    element("h4", null, side, `${store.panel.headings[i]}: ${panel.items.length} nearest by cosine distance`);
    element("p", "zx-note", side, [panel.note, i === 0 ? near.overlap : ""].filter(Boolean).join("; "));
    const grid = element("div", "zx-grid", side);
    panel.items.forEach((item) => grid.appendChild(card(store, item)));
  });
}

// Several objects asked about at once: what they are, each of which can be taken out again.
function drawQuery(store, root, near) {
  const box = element("div", "zx-query", root);
  for (const [title, items, side] of [["More like", near.like, "like"], ["but not", near.unlike, "unlike"]]) {
    if (!items.length) continue;
    element("span", null, box, title);
    for (const item of items) {
      const button = element("button", `zx-chip zx-chip-${side}`, box);
      button.type = "button";
      button.title = "Take it out of the query";
      element("img", null, button).src = item.image;
      element("span", null, button, `${item.object_id} ×`);
      button.onclick = () => {
        const without = (rows) => rows.filter((row) => row !== item.row);
        ask_about(store, without(store.query.like), without(store.query.unlike));
      };
    }
  }
}

function card(store, item) {
  const box = element("div", "zx-cell");
  const button = element("button", "zx-card", box);
  button.type = "button";
  button.dataset.candid = item.candid; // a string: it exceeds 2^53
  button.title = `${item.object_id}, candid ${item.candid}${item.shared ? ", a neighbour in both embeddings" : ""}`;
  if (item.shared) button.classList.add("zx-shared");
  const image = element("img", null, button);
  image.src = item.image;
  image.alt = `stamp of ${item.object_id}`;
  const line = element("span", "zx-caption", button);
  const label = element("b", null, line, item.caption);
  label.style.setProperty("--zx-class", item.colour);
  line.classList.toggle("zx-named", item.colour === "transparent"); // a name instead of a class: in a line of its own
  if (item.simulated) element("span", "zx-distance", line, "sim");
  element("span", "zx-distance", line, item.distance.toPrecision(2));
  button.onclick = (event) => pick(store, item.row, event);
  ring(store, button, item.row);
  for (const [sign, title, keys] of [
    ["+", "More like this one too (shift-click)", { shiftKey: true }],
    ["−", "But not like this one (alt-click)", { altKey: true }],
  ]) {
    const extra = element("button", "zx-extra", box, sign);
    extra.type = "button";
    extra.title = title;
    extra.setAttribute("aria-label", `${title}: ${item.object_id}`);
    extra.onclick = () => pick(store, item.row, keys);
  }
  return box;
}

// Ring an object in the maps while its card is pointed at.
function ring(store, button, row) {
  const show = () => {
    store.hovered = row;
    store.overlays?.forEach((_, panel) => placeRings(store, panel));
  };
  button.onmouseenter = button.onfocus = show;
  button.onmouseleave = button.onblur = () => clearHover(store);
}
