import assert from "node:assert/strict";
import { test } from "node:test";
import { epochAxis, lossAxis } from "../../../../static/js/views/charts/axes.js";

const BOX = { left: 50, right: 1050, top: 10, bottom: 160 };

for (const logarithmic of [false, true]) {
  test(`${logarithmic ? "logarithmic" : "linear"} epochs: there and back, from 0 to the last`, () => {
    const { x, epochAt, ticks } = epochAxis(logarithmic, 5000, BOX, 110);

    assert.equal(x(0), 50);
    assert.ok(Math.abs(x(5000) - 1050) < 1e-9);
    for (const epoch of [1, 77, 4999]) assert.ok(Math.abs(epochAt(x(epoch)) - epoch) < 1e-6);
    assert.equal(ticks[0], 0);
    assert.ok(ticks.every(Number.isInteger));
    const places = ticks.map(x);
    for (const [index, place] of places.slice(1).entries()) {
      assert.ok(place - /** @type {number} */ (places[index]) > 30);
    }
  });
}

test("logarithmic epochs give the beginning room, however few there are", () => {
  assert.ok(epochAxis(true, 10_000, BOX, 110).x(10) > 250);
  assert.deepEqual(epochAxis(true, 1, BOX, 110).ticks, [0, 1]);
});

test("losses: from zero or from the power of ten below, and something even without any", () => {
  const none = /** @type {[number, number]} */ ([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);

  assert.equal(lossAxis(false, [0.02, 0.55], BOX, 32).ticks[0], 0);
  assert.equal(lossAxis(true, [0.02, 0.55], BOX, 32).ticks[0], 0.01);
  assert.equal(lossAxis(false, none, BOX, 32).y(0), BOX.bottom);
  assert.equal(lossAxis(true, [0, Number.POSITIVE_INFINITY], BOX, 32).y(0), BOX.bottom);
});
