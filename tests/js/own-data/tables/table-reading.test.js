import "../../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { readLayout } from "../../../../static/js/own-data/tables/table-layout.js";
import { interpret, nameOf, readContent } from "../../../../static/js/own-data/tables/table-reading.js";
import { lines } from "../../support/tables.js";

const LAYOUT = readLayout(lines("x1,x2,label", "1,2,a", "3,4,b", "x,5,a", "6,7,b"), ",");

test("a header names the columns and is no row, unless that is chosen", () => {
  const { names, rows, columns } = interpret(LAYOUT, {});

  assert.deepEqual(names, ["x1", "x2", "label"]);
  assert.equal(rows.length, 4);
  assert.deepEqual(columns?.chosen, { x1: 0, x2: 1, target: 2 });
  assert.equal(interpret(LAYOUT, { header: "no" }).names, null);
});

test("rows without numbers are left out with their line", () => {
  const reading = interpret(LAYOUT, {});
  assert.ok(reading.columns);
  const { rows, leftOut, targets } = readContent(reading, reading.columns);

  assert.deepEqual(rows, [
    [1, 2, "a"],
    [3, 4, "b"],
    [6, 7, "b"],
  ]);
  assert.deepEqual(
    leftOut.map(({ line }) => line),
    [4],
  );
  assert.deepEqual(targets?.classes, [0, 1, 1]);
});

test("a column without a name is called by its number", () => {
  assert.deepEqual([nameOf(["x", ""], 0), nameOf(["x", ""], 1), nameOf(null, 2)], ["x", "2", "3"]);
});
