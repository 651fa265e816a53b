import assert from "node:assert/strict";
import { test } from "node:test";
import { paletteFor } from "../../../../static/js/lib/draw/palettes.js";

const table = (/** @type {number} */ number) => Uint32Array.of(number);
const palettes = {
  smooth: table(1),
  discrete: table(2),
  scale: [],
  classes: [],
  classMaps: [10, 11, 12, 13].map(table),
  classAreas: [20, 21, 22, 23].map(table),
  classUnits: [30, 31, 32].map(table),
  classHalves: [40, 41, 42].map(table),
};

test("the palette is that of the picture: a value, many classes, or one class alone", () => {
  const at = (
    /** @type {boolean} */ discretize,
    /** @type {number | null} */ shown,
    /** @type {boolean} */ ofClasses,
  ) => paletteFor({ palettes, discretize, classes: 3, shown }, ofClasses)[0];

  assert.deepEqual([at(false, null, false), at(true, null, false)], [1, 2]);
  assert.deepEqual([at(false, null, true), at(true, null, true)], [13, 23]);
  assert.deepEqual([at(false, 2, false), at(true, 2, false)], [32, 42]);
});
