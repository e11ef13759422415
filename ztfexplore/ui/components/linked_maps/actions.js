// What a person does: pick objects and select them. The browser shows it at once; Python follows.

import { ask, base64, bytes } from "./data.js";
import { isHidden } from "./maps.js";
import { placeAll } from "./overlay.js";
import { drawPanel } from "./neighbours.js";
import { drawStamps } from "./stamps.js";

const PATIENCE_MS = 500;
const LOST_MS = 8000; // a message that is not answered by then is sent again: the server may have started anew
const TRIES = 5;

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
  if (store.asked !== null && key(store.query) === key({ like, unlike })) return; // it is shown already
  store.awaiting = key({ like, unlike });
  const { awaiting } = store;
  const query = { like, unlike };
  const tell = () => {
    if (store.query !== query) return;
    insist(
      store,
      "pick",
      () => ({ ...query, version: store.maps.version, at: Date.now() }),
      () => store.awaiting === awaiting,
      () => {
        store.awaiting = null;
        follow(store, store.panel);
      },
    );
  };
  fade(true);
  // The rerun after the answer: both at once would share the server's one interpreter, and the neighbours come later.
  Promise.race([show(store, query), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]).then(tell);
}

// Send a message, again and again while it is not heard.
function insist(store, name, message, isUnheard, giveUp, tries = TRIES) {
  store.send?.(name, message());
  clearTimeout(store.timers[name]);
  store.timers[name] = setTimeout(() => {
    if (!isUnheard() || !store.root) return;
    if (tries > 1) insist(store, name, message, isUnheard, giveUp, tries - 1);
    else giveUp();
  }, LOST_MS);
}

// A message from Python says what is picked. While it has not heard of the latest click, it is behind.
export function follow(store, { like, unlike }) {
  const query = { like, unlike };
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
  store.panelRoot?.classList.add("zx-waiting");
  const words = new URLSearchParams({ like: query.like.join(","), unlike: query.unlike.join(",") });
  store.panel?.encoders.forEach((name) => words.append("encoder", name));
  if (store.panel?.same_object) words.set("same_object", "1");
  return ask(`${store.panel.view}/near?${words}`)
    .then((response) => response.json())
    .then((near) => settle(store, near, asked))
    .catch((error) => {
      settle(store, { like: [], unlike: [], panels: [], problem: error.message }, asked);
      if (store.asked === asked) store.asked = null; // the same click may be tried again
    });
}

// After a failure: the same question once more.
export function ask_again(store) {
  store.asked = null;
  show(store, store.query);
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
  const name = rows ? `${Date.now()}` : "";
  store.selection = rows;
  store.selected = name;
  const selecting = (store.selecting = { name });
  placeAll(store);
  store.root.dataset.selected = String(rows?.length ?? 0);
  insist(
    store,
    "selected",
    () => ({ rows: rows ? base64(rows) : "", name, version: store.maps.version, at: Date.now() }),
    () => store.selecting === selecting,
    () => {
      store.selecting = null;
      followSelection(store, store.panel.selected);
    },
  );
}

// What nobody sees is not acted upon: objects of a class that was just hidden are no longer selected.
export function dropHidden(store) {
  const kept = store.selection?.filter((row) => !isHidden(store, row)); // the filter's are said by the page
  if (kept && kept.length < store.selection.length) select(store, kept.length ? kept : null);
}

// A message from Python says what is selected, by its name. While it has not heard of the latest, it is behind.
export async function followSelection(store, { rows, name }) {
  if (store.selecting && store.selecting.name !== name) return;
  store.selecting = null;
  if (store.selected === name) return;
  store.selected = name;
  const found = rows ? await bytes(rows, Uint32Array).catch(() => null) : null;
  if (store.selected !== name) return;
  store.selection = found;
  placeAll(store);
}

// Another catalogue, or another version of one: its rows are others.
export function turnTo(store, view) {
  if (store.view === view) return;
  const known = store.view !== null;
  Object.assign(store, { view, selection: null, selected: "", selecting: null, hovered: null, points: null, grids: null });
  if (!known) return;
  Object.assign(store, { near: null, query: { like: [], unlike: [] }, asked: null, awaiting: null });
  store.panelRoot?.replaceChildren();
}

export function clearAll(store) {
  if (store.selection) return select(store, null);
  if (store.query.like.length) ask_about(store, [], []);
}
