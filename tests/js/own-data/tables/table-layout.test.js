import "../../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, choiceOf, classesOf, lines, tableOf } from "../../support/tables.js";

/** @param {import("../../../../static/js/own-data/tables/table-reader.js").Table} table */
const leftOut = ({ leftOut: found }) => found.map(({ line }) => line);

const ROWS = ["1.5,2.5,a", "0.5,1.25,b", "3.5,0.75,a"];

test("line ends of any system, also mixed, are line ends", () => {
  for (const end of ["\n", "\r\n", "\r"])
    assert.equal(tableOf(["x1,x2,label", ...ROWS].join(end) + end).rows.length, 3, JSON.stringify(end));
  assert.equal(tableOf(`x1,x2,label\r\n${ROWS[0]}\n${ROWS[1]}\r${ROWS[2]}\u001a`).rows.length, 3);
});

test("lines that begin with # are comments where they do not fit, and are listed", () => {
  const table = tableOf(
    lines("# made by hand", "x1,x2,label", ROWS[0] ?? "", "#0.5,1.25,b", ROWS[1] ?? "", "# end"),
  );

  assert.equal(table.rows.length, 2);
  assert.deepEqual(leftOut(table), [1, 4, 6]);
  for (const { message } of table.leftOut) assert.equal(message, "a comment");
});

test("a comment with as many commas as the rows is no header", () => {
  const table = tableOf(lines("# one, two, three", "x1,x2,label", ...ROWS));

  assert.deepEqual(table.columns, ["x1", "x2", "label"]);
  assert.deepEqual(leftOut(table), [1]);
});

test("a word that begins with # is a word", () => {
  const table = tableOf(lines("label,x1,x2", "#ff0000,1.5,2.5", "#00ff00,0.5,1.5", "#ff0000,2.5,0.5"));

  assert.deepEqual(classesOf(table), { "#ff0000": 2, "#00ff00": 1 });
  assert.equal(table.leftOutCount, 0);
});

test("rows with too few or too many cells are listed", () => {
  const table = tableOf(lines("x1,x2,label", ...ROWS, "1.5,a", "1,5,2,5,a", "2.5,3.5,b,,"));

  assert.equal(table.rows.length, 4);
  assert.deepEqual(leftOut(table), [5, 6]);
});

test("a quotation mark that is never closed costs its line, and is listed", () => {
  const table = tableOf(lines("x1,x2,label", '1.5,2.5,"a', ...ROWS));

  assert.equal(table.rows.length, 3);
  assert.deepEqual(table.leftOut, [{ line: 2, message: "a quotation mark is not closed" }]);
});

test("Markdown tables and rules between head and body are read", () => {
  const markdown = lines(
    "| x1 | x2 | label |",
    "|---:|:--:|-------|",
    "| 1.5 | 2.5 | a b |",
    "| 0.5 | 1.5 | c |",
  );
  const psql = lines(
    " x1  | x2  | label",
    "-----+-----+-------",
    " 1.5 | 2.5 | a b",
    " 0.5 | 1.5 | c",
    "(2 rows)",
  );
  for (const text of [markdown, psql]) {
    const table = tableOf(text);
    assert.deepEqual(table.columns, ["x1", "x2", "label"]);
    assert.deepEqual(classesOf(table), { "a b": 1, c: 1 });
    assert.deepEqual(asked(table), []);
  }
  assert.deepEqual(leftOut(tableOf(psql)), [5]);
});

test("rows that a program did not print, and what it says of them, are listed", () => {
  const table = tableOf(
    lines(
      "     x1   x2  label",
      "0   1.5  2.5      a",
      "..  ...  ...    ...",
      "39  0.5  1.5      b",
      "",
      "[40 rows x 3 columns]",
    ),
  );

  assert.equal(table.rows.length, 2);
  assert.deepEqual(leftOut(table), [3, 6]);
});

test("sep= names any separator, also with other separators behind it", () => {
  for (const [first, separator] of [
    ["sep=;", ";"],
    ['"sep=;"', ";"],
    ["SEP=:", ":"],
    ["sep=\t", "\t"],
    ["sep=;,,", ";"],
  ]) {
    const rows = ["x1,x2,label", ...ROWS].map((row) => row.replaceAll(",", separator ?? ""));
    const table = tableOf(lines(first ?? "", ...rows));
    assert.equal(table.rows.length, 3, first);
    assert.equal(table.leftOutCount, 0, first);
    assert.deepEqual(asked(table), [], first);
  }
});

test("the separator is the one that makes rows of all lines, whatever is in words", () => {
  /** @type {[string, string][]} */
  const texts = [
    [lines("1,5;2,5;a b", "1,0;2,0;c d", "0,5;1,5;a b"), ";"],
    [lines("1.5,2.5,a;b c", "0.5,1.5,c;d e", "2.5,0.5,a;b c"), ","],
    [lines("1.5\t2.5\ta, b", "0.5\t1.5\tc, d", "2.5\t0.5\ta, b"), "\t"],
    [lines("1.5 2.5 a;b", "0.5 1.5 c;d", "2.5 0.5 a;b"), " "],
    [lines("1.5, 2.5, a", "0.5, 1.5, b", "2.5, 0.5, a"), ","],
  ];
  for (const [text, separator] of texts) {
    const table = tableOf(text);
    assert.equal(choiceOf(table, "separator").value, separator);
    assert.ok(!asked(table).includes("separator"), text);
  }
});

test("two separators that make different points are asked", () => {
  const text = lines("1 234,2 345,0", "5 678,9 012,1", "3 456,7 890,1");
  const table = tableOf(text);

  assert.ok(asked(table).includes("separator"));
  assert.notDeepEqual(tableOf(text, { separator: "," }).rows, tableOf(text, { separator: " " }).rows);
});

test("cells copied from a web page, with spaces that nobody sees, are read", () => {
  const table = tableOf(
    lines("x1\tx2\tlabel", "\u00a01.5\t\u200b2.5\ta\u00a0", "0.5\t1.5\ta", "2.5\t0.5\tb"),
  );

  assert.deepEqual(classesOf(table), { a: 2, b: 1 });
  assert.equal(table.leftOutCount, 0);
});
