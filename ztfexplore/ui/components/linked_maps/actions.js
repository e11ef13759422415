// What a person does: pick objects and select them. The browser shows it at once; Python follows.

import { messageOf } from "../shared/dom.js";
import { ask, base64, bytes } from "./fetching.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./types").Query} Query */
/** @typedef {{ shiftKey?: boolean, altKey?: boolean }} Keys held while something is clicked */

const PATIENCE_MS = 500;

/** @param {Query} query */
const key = ({ like, unlike }) => `${like.join(",")}!${unlike.join(",")}`;

/** @type {(rows: number[], row: number) => number[]} */
const without = (rows, row) => rows.filter((other) => other !== row);
/** @type {(rows: number[], row: number) => number[]} */
const flip = (rows, row) => (rows.includes(row) ? without(rows, row) : [...rows, row]);

/**
 * The query after a click on a row: it alone is picked; with shift it is added to what is asked about, with alt to what
 * is not wanted.
 * @param {Query} query
 * @param {number} row
 * @param {Keys} keys
 * @returns {Query}
 */
export function after({ like, unlike }, row, keys) {
  if (keys.altKey && like.length) return { like: without(like, row), unlike: flip(unlike, row) };
  if (keys.shiftKey && like.length) return { like: flip(like, row), unlike: without(unlike, row) };
  return { like: [row], unlike: [] };
}

/**
 * A click on a row.
 * @param {Store} store
 * @param {number} row
 * @param {Keys} keys
 */
export const pick = (store, row, keys) => askAbout(store, after(store.query, row, keys));

/**
 * Take a row out of the query.
 * @param {Store} store
 * @param {number} row
 */
export function leaveOut(store, row) {
  askAbout(store, { like: without(store.query.like, row), unlike: without(store.query.unlike, row) });
}

/**
 * @param {Store} store
 * @param {Query} asked
 */
function askAbout(store, asked) {
  const query = asked.like.length ? asked : { like: [], unlike: [] };
  const awaiting = key(query);
  if (store.asked !== null && key(store.query) === awaiting) return; // it is shown already
  store.awaiting = awaiting;
  store.tell("behind", true);
  const tell = () => {
    if (store.query !== query) return;
    store.sender.insist(
      "pick",
      () => ({ ...query, version: store.maps?.version, at: Date.now() }),
      () => store.root !== null && store.awaiting === awaiting,
      () => {
        store.awaiting = null;
        if (store.panel) follow(store, store.panel);
      },
    );
  };
  // The rerun after the answer: both at once would share the server's one interpreter, and the neighbours come later.
  Promise.race([show(store, query), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]).then(tell);
}

/**
 * A message from Python says what is picked. While it has not heard of the latest click, it is behind.
 * @param {Store} store
 * @param {Query} query
 */
export function follow(store, { like, unlike }) {
  const query = { like, unlike };
  if (store.awaiting && store.awaiting !== key(query)) return;
  store.awaiting = null;
  store.tell("behind", false);
  show(store, query);
}

/**
 * @param {Store} store
 * @param {Query} query
 */
async function show(store, query) {
  const asked = `${key(query)}@${store.panel?.state ?? ""}`;
  if (store.asked === asked) return;
  store.asked = asked;
  if (key(store.query) !== key(query)) store.near = null; // not if the same is asked anew, say for other labels
  store.setQuery(query);
  if (!query.like.length) return store.setNear(null);
  let near;
  try {
    near = await neighboursOf(store, query);
  } catch (error) {
    if (store.asked !== asked) return;
    store.setNear({ like: [], unlike: [], panels: [], problem: messageOf(error) });
    store.asked = null; // the same click may be tried again
    return;
  }
  if (store.asked === asked) store.setNear(near); // unless a later click came
}

/**
 * @param {Store} store
 * @param {Query} query
 * @returns {Promise<import("./types").Near>}
 */
async function neighboursOf({ panel, view }, { like, unlike }) {
  const words = new URLSearchParams({ like: like.join(","), unlike: unlike.join(",") });
  panel?.encoders.forEach((name) => words.append("encoder", name));
  if (panel?.same_object) words.set("same_object", "1");
  return (await ask(`${panel?.view ?? view}/near?${words}`)).json();
}

/**
 * After a failure: the same question once more.
 * @param {Store} store
 */
export function askAgain(store) {
  store.asked = null;
  show(store, store.query);
}

/**
 * Select rows, or none.
 * @param {Store} store
 * @param {Uint32Array | null} rows
 */
export function select(store, rows) {
  const name = rows ? `${Date.now()}` : "";
  const selecting = { name };
  Object.assign(store, { selected: name, selecting });
  store.setSelection(rows);
  store.sender.insist(
    "selected",
    () => ({ rows: rows ? base64(rows) : "", name, version: store.maps?.version, at: Date.now() }),
    () => store.root !== null && store.selecting === selecting,
    () => {
      store.selecting = null;
      if (store.panel) followSelection(store, store.panel.selected);
    },
  );
}

/**
 * What nobody sees is not acted upon: objects of a class that was just hidden are no longer selected. Those that the
 * filter leaves out are, the page says so.
 * @param {Store} store
 */
export function dropHidden(store) {
  const kept = store.selection?.filter((row) => !store.isHidden(row));
  if (kept && kept.length < (store.selection?.length ?? 0)) select(store, kept.length ? kept : null);
}

/**
 * A message from Python says what is selected, by its name. While it has not heard of the latest, it is behind.
 * @param {Store} store
 * @param {{ rows: string | null, name: string }} selected
 */
export async function followSelection(store, { rows, name }) {
  if (store.selecting && store.selecting.name !== name) return;
  store.selecting = null;
  if (store.selected === name) return;
  store.selected = name;
  const found = rows ? await bytes(rows, Uint32Array).catch(() => null) : null;
  if (store.selected === name) store.setSelection(found);
}

/**
 * Escape: first the selection goes, then what is picked.
 * @param {Store} store
 */
export function clearAll(store) {
  if (store.selection) select(store, null);
  else if (store.query.like.length) askAbout(store, { like: [], unlike: [] });
}
