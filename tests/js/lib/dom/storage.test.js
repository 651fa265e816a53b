import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { readStored, writeStored } from "../../../../static/js/lib/dom/storage.js";

/** @param {unknown} storage */
function useStorage(storage) {
  Object.defineProperty(globalThis, "localStorage", { value: storage, configurable: true });
}

afterEach(() => useStorage(undefined));

test("a stored value is read again; broken text is none", () => {
  const items = new Map([["broken", "{"]]);
  useStorage({
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void items.set(key, value),
  });

  assert.equal(writeStored("draft", { points: [1] }), true);
  assert.deepEqual(readStored("draft"), { points: [1] });
  assert.equal(readStored("broken"), undefined);
  assert.equal(readStored("none"), undefined);
});

test("without storage nothing is read or written", () => {
  assert.equal(readStored("draft"), undefined);
  assert.equal(writeStored("draft", 1), false);
});
