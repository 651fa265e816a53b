import assert from "node:assert/strict";
import { test } from "node:test";
import { isEqual } from "../../../../static/js/lib/data/equal.js";

test("values with the same content are equal, however deep", () => {
  const value = { list: [1, { deep: Number.NaN }], none: null, text: "x" };

  assert.ok(isEqual(value, structuredClone(value)));
});

test("another key, value, length or kind is a difference", () => {
  for (const [one, other] of [
    [{ a: 1 }, { b: 1 }],
    [{ a: undefined }, { b: undefined }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [[1, 2], [1]],
    [[], {}],
    [null, {}],
    [1, "1"],
    [0, -0],
  ])
    assert.ok(!isEqual(one, other), JSON.stringify([one, other]));
});
