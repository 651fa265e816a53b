import assert from "node:assert/strict";
import { test } from "node:test";
import { createColumn } from "../../../../static/js/lib/data/column.js";
import { epochAxis } from "../../../../static/js/views/charts/axes.js";
import { paintCurve } from "../../../../static/js/views/charts/curve.js";

const BOX = { left: 10, right: 810, top: 0, bottom: 1000 };
const LOOK = { color: "", width: 1, dash: [] };

/**
 * The points of a painted curve.
 * @param {import("../../../../static/js/lib/data/column.js").Column} column
 * @param {boolean} logarithmic
 */
function paint(column, logarithmic) {
  /** @type {[number, number][]} */
  const points = [];
  const context = /** @type {any} */ ({
    beginPath() {},
    stroke() {},
    setLineDash() {},
    lineTo: (/** @type {number} */ x, /** @type {number} */ y) => points.push([x, y]),
  });
  const last = column.length - 1;
  const { x, epochAt } = epochAxis(logarithmic, last, BOX, 100);
  paintCurve(context, column, { x, y: (value) => value, epochAt, last, box: BOX }, LOOK);
  return { points, x };
}

for (const logarithmic of [false, true]) {
  const kind = logarithmic ? "logarithmic" : "linear";

  test(`no epoch is lost on a ${kind} axis, however many there are`, () => {
    for (const count of [801, 1500, 12_345, 100_001]) {
      for (const share of [0, 0.001, 0.3, 0.77, 1]) {
        const peak = Math.round(share * (count - 1));
        const column = createColumn();
        for (let epoch = 0; epoch < count; epoch++) column.push(epoch === peak ? 900 : 100);

        const { points, x } = paint(column, logarithmic);

        const found = points.filter(([, y]) => y === 900);
        assert.equal(found.length, 1, `${count}, ${peak}`);
        assert.ok(Math.abs((found[0]?.[0] ?? 0) - x(peak)) < 1.6, `${count}, ${peak}`);
      }
    }
  });

  test(`the points of a curve on a ${kind} axis are bounded by the width and go from left to right`, () => {
    const column = createColumn();
    for (let epoch = 0; epoch < 100_001; epoch++) column.push(epoch % 7);

    const { points } = paint(column, logarithmic);

    assert.ok(points.length <= 2 * 802);
    for (let at = 1; at < points.length; at++) {
      assert.ok((points[at]?.[0] ?? 0) >= (points[at - 1]?.[0] ?? 0) - 1, String(at));
    }
  });
}
