import assert from "node:assert/strict";
import { test } from "node:test";
import {
  buildPalette,
  buildScale,
  diverging,
  scaleIndex,
  toCss,
  toPixel,
} from "../../../../static/js/lib/draw/color.js";

/** @type {[[number, number, number], [number, number, number], [number, number, number]]} */
const COLORS = [
  [255, 0, 0],
  [200, 200, 200],
  [0, 0, 255],
];
const colorOf = (/** @type {number} */ value) => diverging(...COLORS, value);

test("colours run from the negative over the middle to the positive, and stop there", () => {
  assert.equal(toCss(colorOf(-1)), "rgb(255 0 0)");
  assert.equal(toCss(colorOf(0)), "rgb(200 200 200)");
  assert.equal(toCss(colorOf(1)), "rgb(0 0 255)");
  assert.equal(toCss(colorOf(7)), "rgb(0 0 255)");
  assert.equal(toCss(colorOf(0.5)), "rgb(100 100 228)");
});

test("a pixel is opaque and little-endian", () => {
  assert.equal(toPixel([1, 2, 3]), 0xff030201);
});

test("a palette is indexed by the byte as it comes, negative numbers in the upper half", () => {
  const palette = buildPalette(colorOf);

  assert.equal(palette[0], toPixel(colorOf(0)));
  assert.equal(palette[127], toPixel(colorOf(1)));
  assert.equal(palette[-127 & 255], toPixel(colorOf(-1)));
  assert.equal(palette[-128 & 255], toPixel(colorOf(-1)));
  assert.equal(palette[-1 & 255], toPixel(colorOf(-1 / 127)));
});

test("a scale has its ends at −1 and 1 and finds the step of any value", () => {
  const scale = buildScale(colorOf, 33);

  assert.equal(scale[0], toCss(colorOf(-1)));
  assert.equal(scale[16], toCss(colorOf(0)));
  assert.equal(scale[32], toCss(colorOf(1)));
  assert.equal(scaleIndex(0, 33), 16);
  assert.equal(scaleIndex(-9, 33), 0);
  assert.equal(scaleIndex(9, 33), 32);
  assert.equal(scaleIndex(Number.NaN, 33), 0);
});
