// The store tells who listens; what a click means for the query.

import assert from "node:assert/strict";
import { test } from "node:test";

import { after } from "../../ztfexplore/ui/components/linked_maps/actions.js";
import { Sender } from "../../ztfexplore/ui/components/linked_maps/sender.js";
import { Store } from "../../ztfexplore/ui/components/linked_maps/store.js";

test("whoever listens hears, and pointing at the same row twice is nothing new", () => {
  const store = new Store();
  /** @type {unknown[]} */
  const heard = [];
  store.on("hover", (withStamp) => heard.push([store.hovered, withStamp]));
  store.on("hidden", (entry) => heard.push(entry));
  store.hover(4);
  store.hover(4);
  store.hover(null, false);
  store.toggle(2);
  assert.deepEqual(heard, [[4, true], [null, false], 2]);
});

test("rows of a hidden class, or that a filter leaves out, are not shown", () => {
  const store = new Store();
  store.colour = {
    kind: "categories", id: "", legend: "", codes: Uint8Array.of(0, 1, 1), mask: Uint8Array.of(1, 1, 0),
    entries: ["SN", "VS"].map((name) => ({ name, colour: "#000000", symbol: "x", count: 1 })),
  };
  const shown = () => [0, 1, 2].map((row) => store.isShown(row));
  assert.deepEqual(shown(), [true, true, false]);
  store.toggle(1);
  assert.deepEqual(shown(), [true, false, false]);
  store.toggle(1);
  assert.deepEqual(shown(), [true, true, false]);
});

test("another version of the catalogue has other rows: nothing that was said of the old ones stays", () => {
  const store = new Store();
  let told = 0;
  store.on("rows", () => told++);
  store.turnTo("zx/a");
  store.setQuery({ like: [1], unlike: [] });
  store.setSelection(Uint32Array.of(1));
  store.turnTo("zx/a");
  assert.deepEqual([store.query.like, store.selection?.length, told], [[1], 1, 0]);
  store.turnTo("zx/b");
  assert.deepEqual([store.query.like, store.selection, told], [[], null, 1]);
});

test("a click picks, shift adds or takes away, alt keeps away", () => {
  const none = { like: [], unlike: [] }, two = { like: [1, 2], unlike: [3] };
  assert.deepEqual(after(two, 5, {}), { like: [5], unlike: [] });
  assert.deepEqual(after(none, 5, { shiftKey: true }), { like: [5], unlike: [] });
  assert.deepEqual(after(two, 3, { shiftKey: true }), { like: [1, 2, 3], unlike: [] });
  assert.deepEqual(after(two, 2, { shiftKey: true }), { like: [1], unlike: [3] });
  assert.deepEqual(after(two, 2, { altKey: true }), { like: [1], unlike: [3, 2] });
  assert.deepEqual(after(two, 3, { altKey: true }), { like: [1, 2], unlike: [] });
});

test("a message is sent again until it is heard, or given up", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  for (const heardAfter of [0, 2, 99]) {
    const sender = new Sender();
    let [sent, givenUp] = [0, 0];
    sender.trigger = () => sent++;
    sender.insist("pick", () => ({}), () => sent <= heardAfter, () => givenUp++);
    for (let i = 0; i < 20; i++) context.mock.timers.tick(8000);
    assert.deepEqual([sent, givenUp], heardAfter === 99 ? [5, 1] : [heardAfter + 1, 0]);
  }
});
