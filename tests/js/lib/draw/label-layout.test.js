import assert from "node:assert/strict";
import { test } from "node:test";
import { spread } from "../../../../static/js/lib/draw/label-layout.js";

test("labels with room stay where they are", () => {
  assert.deepEqual(spread([10, 50, 30], 15, 0, 100), [10, 50, 30]);
  assert.deepEqual(spread([], 15, 0, 100), []);
});

test("two that collide part evenly, and keep their order", () => {
  assert.deepEqual(spread([52, 50], 16, 0, 100), [59, 43]);
});

test("three at one place lie round it, and push a fourth", () => {
  assert.deepEqual(spread([50, 50, 50], 10, 0, 100), [40, 50, 60]);
  const places = spread([50, 50, 50, 55], 10, 0, 100);
  for (let index = 1; index < 4; index++) {
    assert.ok((places[index] ?? 0) - (places[index - 1] ?? 0) >= 10 - 1e-9);
  }
});

test("they stay between the ends", () => {
  assert.deepEqual(spread([99, 99, 99], 10, 0, 100), [80, 90, 100]);
  assert.deepEqual(spread([-5, 2], 10, 0, 100), [0, 10]);
});
