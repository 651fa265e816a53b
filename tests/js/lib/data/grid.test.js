import assert from "node:assert/strict";
import { test } from "node:test";
import { refineCells, refineValues } from "../../../../static/js/lib/data/grid.js";

test("a finer grid has values in between, and signs stay signs", () => {
  const bytes = Uint8Array.of(-100 & 255, 100, -100 & 255, 100);
  const row = [...refineValues(bytes, 2, 5)].slice(0, 5).map((byte) => (byte << 24) >> 24);

  assert.deepEqual(row, [-80, -40, 0, 40, 80]);
});

test("a finer grid keeps cells that have nothing in between", () => {
  assert.deepEqual([...refineCells([0, 3, 1, 2], 2, 4)], [0, 0, 3, 3, 0, 0, 3, 3, 1, 1, 2, 2, 1, 1, 2, 2]);
});
