import "../../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, choiceOf, lines, tableOf } from "../../support/tables.js";

/**
 * A table of two columns of numbers, separated by tabs.
 * @param {[string, string][]} cells
 */
const table = (...cells) =>
  lines("x1\tx2\tlabel", ...cells.map(([x1, x2], index) => `${x1}\t${x2}\t${index % 2}`));

/** @param {string} text */
const coordinates = (text) => tableOf(text).rows.map(([x1, x2]) => [x1, x2]);

test("one cell that only one format reads settles the marks of all", () => {
  /** @type {[[string, string], number, number][]} the cell that settles, and how it and 1,234 are read */
  const settled = [
    [["0,250", "1,234"], 0.25, 1.234],
    [["2,5", "1,234"], 2.5, 1.234],
    [["2.5", "1,234"], 2.5, 1234],
    [["1,234.5", "1,234"], 1234.5, 1234],
    [["1.234,5", "1,234"], 1234.5, 1.234],
    [["1,234,567", "1,234"], 1234567, 1234],
    [["1,5E+03", "1,234"], 1500, 1.234],
    [["12,34,567", "1,234"], 1234567, 1234],
  ];
  for (const [cells, first, second] of settled) {
    const text = table(cells, ["5,678", "9,012"]);
    assert.deepEqual(coordinates(text)[0], [first, second], cells.join());
    assert.deepEqual(asked(tableOf(text)), [], cells.join());
  }
});

test("points are settled by other than three digits behind one, or none before it", () => {
  for (const cell of ["1.5", "0.234", "1.2345", "1234.567", ".234"]) {
    const text = table([cell, "1.234"], ["5.678", "9.012"]);
    assert.equal(coordinates(text)[0]?.[1], 1.234, cell);
    assert.deepEqual(asked(tableOf(text)), [], cell);
  }
});

test("points before three digits everywhere are asked, and taken for decimal points", () => {
  const text = table(["1.234", "5.678"], ["2.345", "6.789"]);

  assert.deepEqual(coordinates(text)[0], [1.234, 5.678]);
  assert.deepEqual(asked(tableOf(text)), ["decimal"]);
  assert.deepEqual(
    tableOf(text, { decimal: "comma-with-point-thousands" }).rows[0]?.slice(0, 2),
    [1234, 5678],
  );
});

test("commas before three digits everywhere are asked, and taken for decimal commas", () => {
  const text = table(["-2,925", "2,779"], ["2,110", "-1,959"]);
  const { choices } = tableOf(text);

  assert.deepEqual(coordinates(text)[0], [-2.925, 2.779]);
  assert.deepEqual(asked(tableOf(text)), ["decimal"]);
  const { options, reason } = choiceOf({ choices }, "decimal");
  assert.deepEqual(
    options.map(({ value }) => value),
    ["comma", "point-with-comma-thousands"],
  );
  assert.match(options[1]?.sample ?? "", /-2,925 \u2192 \u22122925/);
  assert.notEqual(reason, "");
});

test("whole numbers beside them speak for thousands, longer ones against", () => {
  assert.deepEqual(coordinates(table(["2,110", "-36"], ["-404", "2,779"])), [
    [2110, -36],
    [-404, 2779],
  ]);
  assert.deepEqual(coordinates(table(["2.110", "-36"], ["-404", "2.779"])), [
    [2110, -36],
    [-404, 2779],
  ]);
  assert.deepEqual(coordinates(table(["2,110", "\u221236"], ["\u2212404", "2,779"]))[0], [2110, -36]);
  assert.deepEqual(coordinates(table(["2,110", "5"], ["12345", "2,779"]))[0], [2.11, 5]);
});

test("what is asked of numbers concerns only columns that are used", () => {
  const text = lines("x1,x2,label,price", '1.5,2.5,0,"1,234"', '0.5,3.5,1,"5,678"');
  assert.deepEqual(asked(tableOf(text)), []);
  const words = lines("x1;x2;label;price", "1;2;a;1,234", "3;4;b;5,678");
  assert.deepEqual(asked(tableOf(words)), []);
  assert.deepEqual(asked(tableOf(words, { x1: "3" })), ["decimal"]);
});

test("a target is read in the same format as the coordinates", () => {
  const { values } = tableOf(lines("x1;x2;value", "1,5;2;1.000", "3;4,5;2.000,5"));

  assert.deepEqual(values, [1000, 2000.5]);
});

test("spaces and apostrophes stand between thousands", () => {
  for (const mark of [" ", "\u00a0", "\u202f", "'", "\u2019"]) {
    const text = table([`1${mark}234,5`, "2,5"], [`-12${mark}345,5`, "36"]);
    assert.deepEqual(coordinates(text), [
      [1234.5, 2.5],
      [-12345.5, 36],
    ]);
    assert.deepEqual(asked(tableOf(text)), []);
  }
});

test("a table of both decimal commas and points is asked, and the cells that do not fit are listed", () => {
  const cells = /** @type {[string, string][]} */ (
    Array.from({ length: 6 }, (_, index) => [`${index}.5`, "0.25"])
  );
  const text = table(...cells, ["1,5", "0,25"]);
  const read = tableOf(text);

  assert.equal(read.rows.length, 6);
  assert.deepEqual(
    read.leftOut.map(({ line }) => line),
    [8],
  );
  assert.deepEqual(asked(read), ["decimal"]);
  assert.ok(choiceOf(read, "decimal").options.some(({ value }) => value === "comma"));
});
