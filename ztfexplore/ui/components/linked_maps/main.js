// Two maps of the same objects, their shared legend, the picked object's stamps and its neighbours.
//
// Streamlit mounts this module several times: "maps" (where the points are and their colours), "stamps" and "panel"
// (the picked object). The messages are small: what is large has an address, and what a click needs is fetched
// beside Streamlit, so that it need not wait for a rerun. Mounts of one page meet in a store; whichever comes last draws.

import { dropHidden } from "./actions.js";
import { watchKeys } from "./keys.js";
import { connectLegend } from "./legend.js";
import { connectMaps, drawMaps, mountMaps, unmountMaps } from "./maps.js";
import { connectNeighbours, mountPanel } from "./neighbours.js";
import { connectOverlay } from "./overlay.js";
import { connectStamps, mountStamps } from "./stamps.js";
import { Store } from "./store.js";

const stores = (window.__ztfexplore ??= {});

/** @param {import("./types").Component} component */
export function mount({ data, parentElement, setTriggerValue }) {
  if (!data) return;
  const store = (stores[data.page] ??= newStore());
  store.turnTo(data.view);
  if (data.role === "maps") mountMaps(store, data, parentElement);
  if (data.role === "stamps") mountStamps(store, data, parentElement);
  if (data.role === "panel") mountPanel(store, data, parentElement, setTriggerValue);
  drawMaps(store);
}

/**
 * The page was left, perhaps: what is drawn holds memory and the graphics card.
 * @param {import("./types").Component} component
 */
export function unmount({ data }) {
  const store = data && stores[data.page];
  if (store && data.role === "maps") setTimeout(() => store.root?.isConnected || unmountMaps(store));
}

function newStore() {
  const store = new Store();
  connectMaps(store);
  connectLegend(store);
  connectOverlay(store);
  connectNeighbours(store);
  connectStamps(store);
  store.on("hidden", () => dropHidden(store)); // after the maps have hidden them
  watchKeys(store);
  return store;
}
