import assert from "node:assert/strict";
import { test } from "node:test";
import { createColumn } from "../../../../static/js/lib/data/column.js";
import { extremesOf, lossDomain, lossTickText } from "../../../../static/js/lib/draw/loss-axis.js";

test("a linear axis begins at 0 and ends at a round number above the largest loss", () => {
  assert.deepEqual(lossDomain(false, [0.2, 0.9], 4), [0, 1]);
  assert.deepEqual(lossDomain(false, [0, 0], 4), [0, 0.5]);
});

test("a logarithmic axis has whole powers of ten around the losses", () => {
  assert.deepEqual(lossDomain(true, [0.02, 0.9], 4), [0.01, 1]);
  assert.deepEqual(lossDomain(true, [0.1, 0.1], 4), [0.1, 1]);
});

test("without losses, and with the largest numbers there are, the range is finite", () => {
  const none = /** @type {[number, number]} */ ([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  assert.deepEqual(lossDomain(true, none, 4), [0.001, 1]);
  for (const logarithmic of [true, false])
    for (const low of [0, Number.MAX_VALUE]) {
      const range = lossDomain(logarithmic, [low, Number.POSITIVE_INFINITY], 4);
      assert.ok(range.every(Number.isFinite) && range[0] < range[1], String(range));
    }
});

test("the extremes of columns are those of all their values", () => {
  const [one, other] = [createColumn(), createColumn()];
  for (const loss of [0.5, 0.1]) one.push(loss);
  other.push(0.7);

  assert.deepEqual(extremesOf([one, other, createColumn()]), [0.1, 0.7]);
});

test("very small and very large losses are powers of ten", () => {
  assert.deepEqual([0, 0.5, 0.0001, 200_000].map(lossTickText), ["0", "0.5", "1e\u22124", "2e5"]);
});
