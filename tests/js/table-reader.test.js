import "./support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { writeCsv } from "../../static/js/own-data/csv.js";
import { toPoints } from "../../static/js/own-data/point-scaling.js";
import { readTable, toRows } from "../../static/js/own-data/table-reader.js";
import { lines, tableOf } from "./support/tables.js";

test("without a header the columns are x1, x2 and the target", () => {
  const table = tableOf(lines("1,2,a", "3,4,b"));

  assert.deepEqual(table.columns, ["x1", "x2", "label"]);
  assert.deepEqual(table.rows, [
    [1, 2, "a"],
    [3, 4, "b"],
  ]);
  assert.match(table.how, /commas; there is no header/);
});

test("a header may name the columns in any order, and further ones are left out", () => {
  const table = tableOf(lines("id,Class,x2,x1", "7,a,2,1", "8,b,4,3"));

  assert.deepEqual(table.columns, ["x1", "x2", "Class"]);
  assert.deepEqual(table.rows[0], [1, 2, "a"]);
  assert.match(table.how, /1 further column left out/);
});

test("any other header stands over the first three columns", () => {
  const table = tableOf(lines("width;height;kind", "1,5;2;a", "3;4,5;b"));

  assert.deepEqual(table.columns, ["width", "height", "kind"]);
  assert.deepEqual(table.rows[0], [1.5, 2, "a"]);
});

test("faults name line and column, at most ten of them", () => {
  const bad = Array.from({ length: 12 }, (_, index) => `${index},abc,a`);
  const { faults, faultCount, rows } = tableOf(
    lines("x1,x2,label", "1,2,a", "3,4", "5,,b", "1e999,0,b", ...bad),
  );

  assert.equal(rows.length, 1);
  assert.equal(faultCount, 15);
  assert.equal(faults.length, 10);
  assert.deepEqual(faults.slice(0, 4), [
    { line: 3, message: "there is no column label, only 2 columns" },
    { line: 4, message: "column x2 is empty" },
    { line: 5, message: "\u20181e999\u2019 is too large a number in column x1" },
    { line: 6, message: "\u2018abc\u2019 is not a number in column x2" },
  ]);
});

test("words become classes as they come, up to six of them", () => {
  const table = tableOf(lines("1,1,dog", "2,2,cat", "3,3,dog"));

  assert.deepEqual(table.labels, [
    { text: "dog", label: 0, count: 2 },
    { text: "cat", label: 1, count: 1 },
  ]);
  assert.equal(table.values, null);
  assert.deepEqual(
    toPoints(table, { kind: "classes", fit: false, fitValues: false, pick: "first" }).points.map(
      ([, , label]) => label,
    ),
    [0, 1, 0],
  );
  const seven = readTable(lines(..."abcdefg".split("").map((word, index) => `${index},0,${word}`)));
  assert.match(seven.problem ?? "", /more than 6 different labels/);
});

test("of -1 and 1 the latter is class 0, small whole numbers are their own, others count upwards", () => {
  /** @param {string[]} targets */
  const mapping = (...targets) =>
    tableOf(lines(...targets.map((target, index) => `${index},0,${target}`))).labels?.map(
      ({ text, label }) => [text, label],
    );

  assert.deepEqual(mapping("-1", "1"), [
    ["1", 0],
    ["-1", 1],
  ]);
  assert.deepEqual(mapping("3", "0"), [
    ["0", 0],
    ["3", 3],
  ]);
  assert.deepEqual(mapping("20", "10", "10.0"), [
    ["10", 0],
    ["20", 1],
  ]);
});

test("many different numbers are values; those that are none are faults", () => {
  const numbers = Array.from({ length: 20 }, (_, index) => `${index},0,${index / 10}`);
  const table = tableOf(lines(...numbers, "1,1,none"));

  assert.equal(table.kind, "values");
  assert.equal(table.labels, null);
  assert.equal(table.rows.length, 20);
  assert.deepEqual(table.faults, [{ line: 21, message: "\u2018none\u2019 is not a number in column label" }]);
});

test("few numbers may be either; a column called value says which", () => {
  const body = ["1,1,0.5", "2,2,0.25"];

  assert.equal(tableOf(lines(...body)).kind, "classes");
  assert.equal(tableOf(lines("x1,x2,value", ...body)).kind, "values");
});

test("nothing, too few columns and a lonely header are told in a sentence", () => {
  assert.match(readTable("\n \n").problem ?? "", /nothing in it/);
  assert.match(readTable("1,2\n3,4").problem ?? "", /Line 1 has 2 columns: three are needed/);
  assert.match(readTable("x1,x2,label\n").problem ?? "", /no row of numbers/);
});

test("what is exported comes back the same", () => {
  for (const kind of /** @type {const} */ (["classes", "values"])) {
    const set = /** @type {import("../../static/js/own-data/point-set.js").PointSet} */ ({
      kind,
      points: [
        [1.25, -2, 0, 1],
        [0, 3, 1, -0.5],
        [0.5, 5.5, kind === "classes" ? 4 : 0, kind === "classes" ? -1 : 0.25],
      ],
    });
    const table = tableOf(writeCsv(toRows(set)));

    assert.equal(table.kind, kind);
    const { points } = toPoints(table, { kind, fit: false, fitValues: false, pick: "first" });
    const column = kind === "classes" ? 2 : 3;
    assert.deepEqual(
      points.map((point) => [point[0], point[1], point[column]]),
      set.points.map((point) => [point[0], point[1], point[column]]),
    );
  }
});
