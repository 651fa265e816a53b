import "../../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, choiceOf, lines, tableOf } from "../../support/tables.js";

const BODY = ["-2.5,1.75,a", "0.5,-1.25,b", "3.5,2.25,a"];

/** @param {string} text */
const header = (text) => {
  const choice = choiceOf(tableOf(text), "header");
  return [choice.value, choice.asked];
};

test("words above numbers are a header", () => {
  for (const names of ["x1,x2,label", "height,weight,sex", ",height,sex", "NaN,x2,label"])
    assert.deepEqual(header(lines(names, ...BODY)), ["yes", false], names);
});

test("numbers above numbers are none", () => {
  assert.deepEqual(header(lines(...BODY)), ["no", false]);
  assert.deepEqual(header(lines("7,3,a", ...BODY)), ["no", false]);
  assert.equal(tableOf(lines(...BODY)).rows.length, 3);
});

test("a missing number on top is no name", () => {
  for (const first of ["NaN,1.5,a", ",1.5,a", "NA,NA,a"]) {
    const table = tableOf(lines(first, ...BODY));
    assert.equal(table.rows.length, 3, first);
    assert.deepEqual(
      table.leftOut.map(({ line }) => line),
      [1],
      first,
    );
  }
});

test("numbers of columns and years above fractions are asked, and taken for a header", () => {
  for (const names of ["0,1,2", "1,2,3", "2019,2020,2021", "0,1,label", ",0,label"]) {
    assert.deepEqual(header(lines(names, ...BODY)), ["yes", true], names);
  }
  assert.deepEqual(header(lines("0,1,2", "2,3,1", "4,1,0", "5,2,1")), ["no", true]);
  assert.deepEqual(header(lines("0,1,0", "2,3,1", "4,1,0", "5,2,1")), ["no", false]);
});

test("a first row of words and numbers is asked", () => {
  assert.deepEqual(header(lines("x1,5,label", ...BODY)), ["yes", true]);
  assert.deepEqual(header(lines("abc,5,a", ...BODY)), ["no", true]);
  assert.equal(tableOf(lines("abc,5,a", ...BODY)).leftOut[0]?.line, 1);
});

test("without a header the columns have numbers, and they are asked", () => {
  const table = tableOf(lines(...BODY));

  assert.deepEqual(table.columns, ["column 1", "column 2", "column 3"]);
  assert.deepEqual(asked(table), ["x1", "x2", "target"]);
});

test("a header one cell short names all columns but the first", () => {
  const rows = BODY.map((row, index) => `r${index},${row}`);
  const table = tableOf(lines("x1,x2,label", ...rows));

  assert.deepEqual(table.rows[0], [-2.5, 1.75, "a"]);
  assert.deepEqual(asked(table), []);
  assert.match(table.note, /column 1/);
});

test("separators behind the rows are no column, and no shorter header", () => {
  const rows = BODY.map((row) => `${row},`);
  for (const names of ["x1,x2,label", "x1,x2,label,"])
    assert.deepEqual(tableOf(lines(names, ...rows)).rows[0], [-2.5, 1.75, "a"], names);
  const numbered = rows.map((row, index) => `${index},${row}`);
  assert.deepEqual(tableOf(lines("x1,x2,label,", ...numbered)).rows[0], [-2.5, 1.75, "a"]);
});

test("a header behind the sign of a comment is one, as NumPy writes it", () => {
  for (const separator of [",", " "]) {
    const table = tableOf(lines("# x1,x2,label", ...BODY).replaceAll(",", separator));
    assert.deepEqual(table.columns, ["x1", "x2", "label"]);
    assert.equal(table.leftOutCount, 0);
    assert.deepEqual(asked(table), []);
  }
});

test("a column called # numbers the rows", () => {
  const rows = BODY.map((row, index) => `${index},${row}`);
  const table = tableOf(lines("#,x1,x2,label", ...rows));

  assert.deepEqual(table.columns, ["x1", "x2", "label"]);
  assert.equal(table.leftOutCount, 0);
});

test("names are found below a title, and the title is listed", () => {
  const table = tableOf(lines("Measurements of 2024", "", "x1,x2,label", ...BODY));

  assert.deepEqual(table.columns, ["x1", "x2", "label"]);
  assert.equal(table.rows.length, 3);
  assert.deepEqual(
    table.leftOut.map(({ line }) => line),
    [1],
  );
});

test("columns with the same name or none are told apart by their numbers", () => {
  const table = tableOf(lines("a,a,,b", "1.5,2.5,3.5,x", "2.5,0.5,1.5,y", "3.5,1.5,0.5,x"));

  assert.deepEqual(
    choiceOf(table, "x1").options.map(({ label }) => label),
    ["a (column 1)", "a (column 2)", "column 3"],
  );
});

test("every choice of the header can be changed", () => {
  const table = tableOf(lines(...BODY), { header: "yes" });

  assert.deepEqual(table.columns, ["-2.5", "1.75", "a"]);
  assert.equal(table.rows.length, 2);
  assert.equal(tableOf(lines("0,1,2", ...BODY), { header: "no" }).rows.length, 4);
});
