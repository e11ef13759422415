// The picked object's name, class and stamps: fetched as pixels, so that the stretch is the browser's to change.

import { element, messageOf, part, problem } from "../shared/dom.js";
import { mountStamps as drawPixels } from "../stamp_viewer/stamp_viewer.js";
import { ask } from "./fetching.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {{ root: HTMLElement, heading: HTMLElement, pictures: HTMLElement }} Place */

/** Where each page shows the stamps. @type {WeakMap<Store, Place>} */
const places = new WeakMap();

/**
 * Show the stamps of whatever is picked.
 * @param {Store} store
 */
export function connectStamps(store) {
  store.on("query", () => drawStamps(store));
  store.on("near", () => drawStamps(store));
}

/**
 * @param {Store} store
 * @param {import("./types").StampsMessage} data
 * @param {HTMLElement} parent
 */
export function mountStamps(store, data, parent) {
  const root = part(parent, ".zx-object-stamps");
  store.stamps = data;
  if (places.get(store)?.root !== root) {
    places.set(store, { root, heading: element("div", "zx-heading", root), pictures: element("div", null, root) });
  }
  drawStamps(store);
}

/**
 * Of the object picked last; until the neighbours' answer says what it is called, its name is missing.
 * @param {Store} store
 */
async function drawStamps(store) {
  const [place, stamps] = [places.get(store), store.stamps];
  const row = store.query.like[0] ?? stamps?.row;
  if (!place?.root.isConnected || !stamps || row === undefined) return;
  const { root, pictures } = place;
  drawHeading(store, place, row);
  const asked = `${stamps.view}/${row}`;
  if (root.dataset.asked === asked) return;
  root.dataset.asked = asked;
  pictures.classList.add("zx-waiting"); // those of the object before
  try {
    const answer = await ask(`${stamps.view}/pixels/${row}`);
    const message = JSON.parse(answer.headers.get("X-Stamp") ?? "");
    const pixels = new Float32Array(await answer.arrayBuffer());
    if (root.dataset.asked !== asked) return; // a later click came
    drawPixels(pictures, { ...message, pixels, objectId: root.dataset.name ?? "" });
  } catch (error) {
    if (root.dataset.asked !== asked) return;
    delete root.dataset.asked;
    pictures.replaceChildren();
    problem(pictures, `No stamps: ${messageOf(error)}`, () => drawStamps(store));
  }
  pictures.classList.remove("zx-waiting");
  root.dataset.row = String(row);
}

/**
 * @param {Store} store
 * @param {Place} place
 * @param {number} row
 */
function drawHeading({ near, stamps }, { root, heading }, row) {
  const card = near?.like[0];
  const known = card?.row === row ? card : null;
  const name = known?.object_id ?? (stamps?.row === row ? stamps.name : "…");
  root.dataset.name = name;
  heading.replaceChildren();
  element("h3", null, heading, name);
  if (known?.simulated) element("span", "zx-sim", heading, "simulated, no real object");
  if (known && known.colour !== "transparent") {
    element("b", "zx-class", heading, known.caption).style.setProperty("--zx-class", known.colour);
  }
}
