import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clamp,
  linearScale,
  linearTicks,
  logScale,
  logTicks,
  niceStep,
} from "../../../../static/js/lib/draw/scale.js";

test("a linear scale runs through both ends, also upside down", () => {
  const scale = linearScale(0, 10, 100, 0);

  assert.equal(scale(0), 100);
  assert.equal(scale(10), 0);
  assert.equal(scale(5), 50);
});

test("a linear scale over nothing stays where it starts", () => {
  assert.equal(linearScale(3, 3, 10, 20)(3), 10);
});

test("a logarithmic scale gives equal ratios equal room and holds what is too small", () => {
  const scale = logScale(0.01, 100, 0, 4);

  assert.ok(Math.abs(scale(1) - 2) < 1e-12);
  assert.ok(Math.abs(scale(10) - 3) < 1e-12);
  assert.equal(scale(0), 0);
  assert.equal(scale(-5), 0);
});

test("steps are 1, 2 or 5 times a power of ten", () => {
  assert.equal(niceStep(10, 5), 2);
  assert.equal(niceStep(0.55, 5), 0.2);
  assert.equal(niceStep(23_000, 10), 5000);
  assert.equal(niceStep(0, 5), 1);
  assert.equal(niceStep(Number.POSITIVE_INFINITY, 5), 1);
});

test("linear ticks are round, inside, and free of binary noise", () => {
  assert.deepEqual(linearTicks(-6, 6, 6), [-6, -4, -2, 0, 2, 4, 6]);
  assert.deepEqual(linearTicks(0, 0.6, 3), [0, 0.2, 0.4, 0.6]);
  assert.deepEqual(linearTicks(0.1, 0.9, 2), [0.5]);
});

test("logarithmic ticks are powers of ten, with 2 and 5 between when there are few", () => {
  assert.deepEqual(logTicks(0.001, 1, 5), [0.001, 0.01, 0.1, 1]);
  assert.deepEqual(logTicks(0.1, 1, 5), [0.1, 0.2, 0.5, 1]);
  assert.ok(logTicks(1e-12, 1, 5).length <= 7);
});

test("clamp holds a value between its bounds", () => {
  assert.equal(clamp(5, 0, 3), 3);
  assert.equal(clamp(-1, 0, 3), 0);
  assert.equal(clamp(2, 0, 3), 2);
});
