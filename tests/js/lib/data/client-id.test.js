import assert from "node:assert/strict";
import { test } from "node:test";
import { clientId } from "../../../../static/js/lib/data/client-id.js";

test("a browser that stores its identifier has the same at every visit", () => {
  /** @type {Map<string, string>} */
  const items = new Map();
  const storage = {
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void items.set(key, value),
  };
  const first = clientId(() => storage);

  assert.match(first, /^[0-9a-f]{24}$/);
  assert.equal(
    clientId(() => storage),
    first,
  );
});

test("without storage there is a new one at every visit", () => {
  const visit = () =>
    clientId(() => {
      throw new Error("forbidden");
    });

  assert.notEqual(visit(), visit());
});
