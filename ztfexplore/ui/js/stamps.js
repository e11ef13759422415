// The picked object's stamps beside the neighbours: fetched as pixels, so that the stretch is the browser's to change.

import { ask, bytes } from "./data.js";

export function mountStamps(store, data, parent) {
  store.stampsRoot = parent.querySelector(".zx-object-stamps");
  store.stampsRoot.dataset.row = "";
  drawStamps(store);
}

export function drawStamps(store) {
}
