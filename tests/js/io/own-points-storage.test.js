import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPointStore } from "../../../static/js/io/own-points-storage.js";

test("own points are stored as far as the browser allows", () => {
  const own = { points: Array(10).fill([1, 0, 1]), point_classes: 2 };
  /** @type {Map<string, string>} */
  const stored = new Map();
  const local = /** @type {Storage} */ (
    /** @type {unknown} */ ({
      getItem: (/** @type {string} */ key) => stored.get(key) ?? null,
      setItem: (/** @type {string} */ key, /** @type {string} */ value) => stored.set(key, value),
    })
  );
  const forbidden = () => {
    throw new Error("forbidden");
  };
  const half = createPointStore((place) => (place === "localStorage" ? local : forbidden()));

  assert.equal(half.read(), null);
  assert.equal(half.write(own), true);
  assert.deepEqual(half.read(), own);
  stored.set("own-points", '{"points": [[1, 2]]}');
  assert.equal(half.read(), null);
  stored.set("own-points", JSON.stringify({ points: own.points, pointClasses: 2 }));
  assert.deepEqual(half.read(), own, "stored by a former version of the page");
  const none = createPointStore(forbidden);
  assert.equal(none.write(own), false);
  assert.equal(none.read(), null);
});
