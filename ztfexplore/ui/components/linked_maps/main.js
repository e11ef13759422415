// Two maps of the same objects, their shared legend, the picked object's stamps and its neighbours.
//
// Streamlit mounts this module several times: "maps" (where the points are and their colours), "stamps" and "panel"
// (the picked object). The messages are small: what is large has an address, and what a click needs is fetched
// beside Streamlit, so that it need not wait for a rerun. Mounts of one page meet in a store; whichever comes last draws.

import { turnTo } from "./actions.js";
import { drawMaps, mountMaps, unmountMaps } from "./maps.js";
import { mountPanel } from "./neighbours.js";
import { mountStamps } from "./stamps.js";
import { watchKeys } from "./keys.js";

const stores = (window.__ztfexplore ??= {});

export function mount(component) {
  const { data, parentElement } = component;
  if (!data) return;
  const store = (stores[data.page] ??= newStore());
  turnTo(store, data.view);
  if (data.role === "maps") mountMaps(store, data, parentElement);
  if (data.role === "stamps") mountStamps(store, data, parentElement);
  if (data.role === "panel") mountPanel(store, data, parentElement, component.setTriggerValue);
  drawMaps(store);
}

// The page was left, perhaps: what is drawn holds memory and the graphics card.
export function unmount({ data }) {
  const store = data && stores[data.page];
  if (store && data.role === "maps") setTimeout(() => store.root?.isConnected || unmountMaps(store));
}

function newStore() {
  const store = {
    maps: null, // the message
    view: null, // where its rows are asked about: row numbers mean something only there
    drawn: {},
    hidden: new Set(), // legend entries
    query: { like: [], unlike: [] }, // rows
    near: null, // the answer about them
    selection: null, // Uint32Array
    selected: "", // names the selection, in messages both ways
    tool: "move",
    timers: {},
  };
  watchKeys(store);
  return store;
}
