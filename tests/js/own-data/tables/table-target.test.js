import "../../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { toPoints } from "../../../../static/js/own-data/point-scaling.js";
import { asked, choiceOf, classesOf, lines, tableOf } from "../../support/tables.js";

/**
 * A table with these targets.
 * @param {string[]} targets
 * @param {import("../../../../static/js/own-data/tables/table-reader.js").Wishes} [wishes]
 */
const read = (targets, wishes) =>
  tableOf(lines("x1,x2,label", ...targets.map((target, index) => `${index}.5,0.25,${target}`)), wishes);

/** @param {string[]} targets */
const mapping = (...targets) => read(targets).labels?.map(({ text, label }) => [text, label]);

test("words become classes as they come, up to six of them", () => {
  const table = read(["dog", "cat", "dog"]);

  assert.deepEqual(table.labels, [
    { text: "dog", label: 0, count: 2 },
    { text: "cat", label: 1, count: 1 },
  ]);
  assert.equal(table.values, null);
  const { points } = toPoints(table, { kind: "classes", fit: false, fitValues: false, pick: "first" });
  assert.deepEqual(
    points.map(([, , label]) => label),
    [0, 1, 0],
  );
});

test("of -1 and 1 the latter is class 0, small whole numbers are their own, others count upwards", () => {
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

test("numbers of the same value are one class, also among words", () => {
  assert.deepEqual(classesOf(read(["0", "0.0", '"0"', "1", "1e0"])), { 0: 3, 1: 2 });
  assert.deepEqual(read(["1", "1.0", "A", "1"]).classes, [0, 0, 1, 0]);
});

test("many different numbers are values; words among them are left out", () => {
  const targets = [...Array.from({ length: 20 }, (_, index) => `${index / 10}`), "many"];
  const table = read(targets);

  assert.equal(table.kind, "values");
  assert.equal(table.labels, null);
  assert.equal(table.values?.length, 20);
  assert.deepEqual(table.leftOut, [
    { line: 22, message: "\u2018many\u2019 is not a number in column label" },
  ]);
});

test("few numbers may be either; a column called value says which", () => {
  assert.equal(read(["0.5", "0.25"]).kind, "classes");
  for (const name of ["value", "z", "t"])
    assert.equal(tableOf(lines(`x1,x2,${name}`, "1,1,0.5", "2,2,0.25")).kind, "values", name);
  assert.equal(tableOf(lines("x1,x2,value", "1,1,-1", "2,2,1")).kind, "classes");
});

test("whatever stands for a missing number leaves its row out, without a question", () => {
  for (const sign of [
    "",
    "NaN",
    "nan",
    "NA",
    "N/A",
    "#N/A",
    "null",
    "None",
    "nil",
    "?",
    "-",
    ".",
    "<NA>",
    "--",
  ]) {
    const table = read(["0", sign, "1", "1"]);
    assert.deepEqual(classesOf(table), { 0: 1, 1: 2 }, sign);
    assert.deepEqual(
      table.leftOut.map(({ line }) => line),
      [3],
      sign,
    );
    assert.deepEqual(asked(table), [], sign);
  }
});

test("among words an empty cell and NaN are missing, other signs are asked", () => {
  for (const sign of ["", "NaN"]) {
    const table = read(["a", sign, "b"]);
    assert.deepEqual(Object.keys(classesOf(table)), ["a", "b"]);
    assert.deepEqual(asked(table), []);
  }
  for (const sign of ["NA", "None", "null", "?", "-", "n/a"]) {
    const table = read(["a", sign, "b"]);
    assert.deepEqual(Object.keys(classesOf(table)), ["a", "b"], sign);
    assert.equal(table.leftOutCount, 1);
    assert.deepEqual(asked(table), ["missing"], sign);
    assert.equal(choiceOf(table, "missing").value, "leave-out");
    const classes = read(["a", sign, "b"], { missing: "class" });
    assert.deepEqual(Object.keys(classesOf(classes)), ["a", sign, "b"], sign);
    assert.equal(classes.leftOutCount, 0);
  }
});

test("a sign without which no two classes are left is taken for one, and asked", () => {
  for (const [one, other] of [
    ["+", "-"],
    ["EU", "NA"],
    ["Some", "None"],
  ]) {
    const table = read([one ?? "", other ?? "", other ?? ""]);
    assert.equal(choiceOf(table, "missing").value, "class", one);
    assert.deepEqual(classesOf(table), { [one ?? ""]: 1, [other ?? ""]: 2 });
    assert.deepEqual(asked(table), ["missing"]);
  }
});

test("words are the same class only if they are written alike, apart from spaces around them", () => {
  assert.deepEqual(Object.keys(classesOf(read(["a", " a ", '" a"', "A", "a b", "a  b"]))), [
    "a",
    "A",
    "a b",
    "a  b",
  ]);
});
