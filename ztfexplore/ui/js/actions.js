// What a person does: pick objects and select them. The browser shows it at once; Python follows.

import { ask, base64 } from "./data.js";
import { placeAll } from "./overlay.js";
import { drawPanel } from "./neighbours.js";
import { drawStamps } from "./stamps.js";

const PATIENCE_MS = 500;
const LOST_MS = 8000; // a rerun that has not answered by then never will

const key = ({ like, unlike }) => `${like.join(",")}!${unlike.join(",")}`;

// A click on a row: it alone is picked; with shift it is added to what is asked about, with alt to what is not wanted.
export function pick(store, row, event) {
  const { like, unlike } = store.query;
  if (event?.altKey && like.length) return ask_about(store, without(like, row), flip(unlike, row));
  if (event?.shiftKey && like.length) return ask_about(store, flip(like, row), without(unlike, row));
  ask_about(store, [row], []);
}

const without = (rows, row) => rows.filter((other) => other !== row);
const flip = (rows, row) => (rows.includes(row) ? without(rows, row) : [...rows, row]);

export function ask_about(store, like, unlike) {
  if (!like.length) unlike = [];
  store.awaiting = key({ like, unlike });
  clearTimeout(store.lost);
  store.lost = setTimeout(() => (store.awaiting = null), LOST_MS);
  const query = { like, unlike };
  const tell = () => {
    if (store.query === query) store.send?.("pick", { ...query, version: store.maps.version, at: Date.now() });
  };
  fade(true);
  // The rerun after the answer: both at once would share the server's one interpreter, and the neighbours come later.
  Promise.race([show(store, query), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]).then(tell);
}

// A message from Python says what is picked. While it has not heard of the latest click, it is behind.
export function follow(store, query) {
  if (store.awaiting && store.awaiting !== key(query)) return;
  store.awaiting = null;
  fade(false);
  show(store, query);
}

function show(store, query) {
  const asked = `${key(query)}@${store.panel?.state ?? ""}`;
  if (store.asked === asked) return Promise.resolve();
  const other = key(store.query) !== key(query);
  store.asked = asked;
  store.query = query;
  if (other) store.near = null; // not if the same is asked anew, say for other labels
  placeAll(store);
  if (!query.like.length) return Promise.resolve(settle(store, null, asked));
  drawStamps(store);
  const words = new URLSearchParams({ like: query.like.join(","), unlike: query.unlike.join(",") });
  store.panel?.encoders.forEach((name) => words.append("encoder", name));
  if (store.panel?.same_object) words.set("same_object", "1");
  return ask(`${store.panel.view}/near?${words}`)
    .then((response) => response.json())
    .then((near) => settle(store, near, asked))
    .catch((error) => settle(store, { like: [], unlike: [], panels: [], problem: error.message }, asked));
}

function settle(store, near, asked) {
  if (store.asked !== asked) return; // a later click came
  store.near = near;
  drawPanel(store);
  drawStamps(store);
  placeAll(store);
}

// What the page says about the object picked before is out of date until Python has answered.
function fade(faded) {
  const about = '[data-testid="object-card"], [data-testid="object-measurements"]';
  for (const card of document.querySelectorAll(about)) card.style.opacity = faded ? "0.35" : "";
}

// rows: Uint32Array, or null for none.
export function select(store, rows) {
  store.selection = rows;
  placeAll(store);
  store.root.dataset.selected = String(rows?.length ?? 0);
  store.send?.("selected", {
    rows: rows ? base64(rows) : "", count: rows?.length ?? 0, version: store.maps.version, at: Date.now(),
  });
}

export function clearAll(store) {
  if (store.selection) return select(store, null);
  if (store.query.like.length) ask_about(store, [], []);
}
