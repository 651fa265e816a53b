import assert from "node:assert/strict";
import { test } from "node:test";
import { createCursor } from "../../../../static/js/views/charts/cursor.js";

/** @param {number} lastEpoch */
function start(lastEpoch) {
  /** @type {Map<string, string>} */
  const attributes = new Map();
  const element = Object.assign(new EventTarget(), {
    value: "0",
    valueAsNumber: 0,
    matches: () => true,
    getAttribute: (/** @type {string} */ name) => attributes.get(name) ?? null,
    setAttribute: (/** @type {string} */ name, /** @type {string} */ value) => attributes.set(name, value),
  });
  let moves = 0;
  const cursor = createCursor(/** @type {any} */ (element), {
    epochAt: (clientX) => clientX / 2,
    lastEpoch: () => lastEpoch,
    onMove: () => (moves += 1),
  });
  const send = (/** @type {string} */ type, /** @type {object} */ more = {}) =>
    element.dispatchEvent(Object.assign(new Event(type, { cancelable: true }), more));
  return { cursor, element, attributes, send, moves: () => moves };
}

test("the pointer reads the nearest epoch that exists, until the mouse leaves", () => {
  const { cursor, send } = start(50);

  send("pointermove", { clientX: 25 });
  assert.equal(cursor.epoch, 13);
  send("pointermove", { clientX: 1000 });
  assert.equal(cursor.epoch, 50);
  send("pointerleave", { pointerType: "touch" });
  assert.equal(cursor.epoch, 50);
  send("pointerleave", { pointerType: "mouse" });
  assert.equal(cursor.epoch, null);
});

test("keys move by one epoch, by a hundredth with Shift, and by a tenth with Page Up and Down", () => {
  const { cursor, element, send } = start(1000);
  const read = (/** @type {object} */ key) => {
    const goesOn = send("keydown", key);
    return [cursor.epoch, element.value, goesOn];
  };

  assert.deepEqual(read({ key: "ArrowRight" }), [1, "1", false]);
  assert.deepEqual(read({ key: "ArrowUp", shiftKey: true }), [11, "11", false]);
  assert.deepEqual(read({ key: "PageUp" }), [111, "111", false]);
  assert.deepEqual(read({ key: "PageDown" }), [11, "11", false]);
  assert.deepEqual(read({ key: "PageDown" }), [0, "0", false]);
  assert.deepEqual(read({ key: "Tab" }), [0, "0", true]);
});

test("nothing is read before there are losses", () => {
  const { cursor, attributes, send, moves } = start(-1);
  send("pointerdown", { clientX: 10 });
  send("keydown", { key: "ArrowRight" });
  send("focus");

  assert.deepEqual([cursor.epoch, moves(), attributes.get("max")], [null, 0, "0"]);
});
