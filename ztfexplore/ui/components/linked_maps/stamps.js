// The picked object's name, class and stamps: fetched as pixels, so that the stretch is the browser's to change.

import { ask, element, problem } from "./data.js";
import { mountStamps as drawPixels } from "./stamp_viewer.js";

export function mountStamps(store, data, parent) {
  const root = parent.querySelector(".zx-object-stamps");
  store.stamps = data;
  if (store.stampsRoot !== root) {
    store.stampsRoot = root;
    store.heading = element("div", "zx-heading", root);
    store.pictures = element("div", null, root);
  }
  drawStamps(store);
}

// Of the object picked last; until the neighbours' answer says what it is called, its name is missing.
export async function drawStamps(store) {
  const { stampsRoot: root, stamps } = store;
  const row = store.query.like[0] ?? stamps?.row;
  if (!root?.isConnected || row === undefined) return;
  drawHeading(store, row);
  if (root.dataset.asked === `${stamps.view}/${row}`) return;
  root.dataset.asked = `${stamps.view}/${row}`;
  const asked = root.dataset.asked;
  store.pictures.classList.add("zx-waiting"); // those of the object before
  try {
    const answer = await ask(`${stamps.view}/pixels/${row}`);
    const message = JSON.parse(answer.headers.get("X-Stamp"));
    const pixels = new Float32Array(await answer.arrayBuffer());
    if (root.dataset.asked !== asked) return; // a later click came
    drawPixels(store.pictures, { ...message, pixels, objectId: root.dataset.name ?? "" });
  } catch (error) {
    if (root.dataset.asked !== asked) return;
    delete root.dataset.asked;
    store.pictures.replaceChildren();
    problem(store.pictures, `No stamps: ${error.message}`, () => drawStamps(store));
  }
  store.pictures.classList.remove("zx-waiting");
  root.dataset.row = String(row);
}

function drawHeading(store, row) {
  const card = store.near?.like[0];
  const known = card?.row === row ? card : null;
  const name = known?.object_id ?? (store.stamps.row === row ? store.stamps.name : "…");
  store.stampsRoot.dataset.name = name;
  store.heading.replaceChildren();
  element("h3", null, store.heading, name);
  if (known?.simulated) element("span", "zx-sim", store.heading, "simulated, no real object");
  if (known && known.colour !== "transparent") {
    const label = element("b", "zx-class", store.heading, known.caption);
    label.style.setProperty("--zx-class", known.colour);
  }
}
