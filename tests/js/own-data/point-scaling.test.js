import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { formula, measure, objection, toPoints } from "../../../static/js/own-data/point-scaling.js";
import { lines, tableOf } from "../support/tables.js";

/** @import { Wishes } from "../../../static/js/own-data/point-scaling.js" */

/** @type {Wishes} */
const KEEP = { kind: "classes", fit: false, fitValues: false, pick: "first" };

test("what is fitted ends at 5, each axis by the formula that is shown", () => {
  const table = tableOf(lines("1000,1700000000,0", "3000,1700000010,4"));
  const { axes, value } = measure(table);
  const { points } = toPoints(table, { ...KEEP, kind: "values", fit: true, fitValues: true });

  assert.equal(formula("x1", axes[0]), "x1 becomes (x1 \u2212 2000) \u00d7 0.005");
  assert.deepEqual(points, [
    [-5, -5, 1, -1],
    [5, 5, 0, 1],
  ]);
  assert.deepEqual(value, { shift: 2, factor: 0.5 });
});

test("what reaches too far cannot stay as it is", () => {
  const table = tableOf(lines("1,2000,a", "3,4,b"));

  assert.match(objection(table, KEEP) ?? "", /reach 2000/);
  assert.equal(objection(table, { ...KEEP, fit: true }), null);
});

test("a column with one value only is moved, not divided by nothing", () => {
  const table = tableOf(lines("7,1,a", "7,3,b"));

  assert.deepEqual(
    toPoints(table, { ...KEEP, fit: true }).points.map(([x1]) => x1),
    [0, 0],
  );
});

test("of too many rows 5,000 are taken: the first, or at random always the same ones", () => {
  const table = tableOf(
    Array.from({ length: 100_000 }, (_, index) => `${index / 1e5},0,${index % 3}`).join("\n"),
  );
  const first = toPoints(table, KEEP).points;
  const random = toPoints(table, { ...KEEP, pick: "random" }).points;

  assert.equal(first.length, 5000);
  assert.equal(first.at(-1)?.[0], 0.04999);
  assert.equal(random.length, 5000);
  assert.ok(Number(random.at(-1)?.[0]) > 0.99);
  assert.deepEqual(toPoints(table, { ...KEEP, pick: "random" }).points, random);
});

test("columns of any size and place keep their shape when they are fitted", () => {
  for (const [from, step] of /** @type {const} */ ([
    [1e-6, 2.5e-8],
    [20_230_001, 1],
    [1_700_000_000, 0.001],
    [-3e12, 1],
    [0, 1e-200],
    [0, 1e290],
  ])) {
    const rows = Array.from({ length: 40 }, (_, index) => `${from + index * step},${index},${index % 2}`);
    const { points } = toPoints(tableOf(lines("x1,x2,label", ...rows)), { ...KEEP, fit: true });
    const expected = points.map((_, index) => -5 + (index * 10) / 39);

    for (const [index, [x1]] of points.entries())
      assert.ok(Math.abs(x1 - (expected[index] ?? 0)) < 0.01, `${from} ${step}: ${x1}, ${expected[index]}`);
    assert.equal(new Set(points.map(([x1]) => x1.toFixed(3))).size, 40);
  }
});

test("the formula shows all digits by which a column is moved", () => {
  const rows = Array.from(
    { length: 40 },
    (_, index) => `${1_700_000_000 + index * 0.001},${index},${index % 2}`,
  );
  const { axes } = measure(tableOf(lines("x1,x2,label", ...rows)));

  assert.equal(formula("x1", axes[0]), "x1 becomes (x1 \u2212 1700000000.0195) \u00d7 256.41");
});
