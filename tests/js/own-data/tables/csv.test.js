import assert from "node:assert/strict";
import { test } from "node:test";
import { splitRows, writeCsv } from "../../../../static/js/own-data/tables/csv.js";

/**
 * @param {string} text
 * @param {string} [separator]
 */
const cells = (text, separator = ",") => splitRows(text, separator).rows.map((row) => row.cells);

test("commas, semicolons, tabs, bars and spaces separate", () => {
  for (const separator of [",", ";", "\t", "|", " "]) {
    assert.deepEqual(cells(["1", "2", "a\n3", "4", "b"].join(separator), separator), [
      ["1", "2", "a"],
      ["3", "4", "b"],
    ]);
  }
});

test("any number of spaces and tabs is one separator, and lines may begin with them", () => {
  assert.deepEqual(cells('  1   2\ta b\n"a b"  3 ""\n', " "), [
    ["1", "2", "a", "b"],
    ["a b", "3", ""],
  ]);
});

test("quoted cells hold separators, quotes and lines, and lines are counted on", () => {
  const { rows } = splitRows('x,y,z\n1,2,"a, ""b""\nc"\n3,4,d', ",");

  assert.deepEqual(rows[1], { line: 2, cells: ["1", "2", 'a, "b"\nc'] });
  assert.deepEqual(rows[2], { line: 4, cells: ["3", "4", "d"] });
});

test("a quotation mark inside of a cell is a sign like others", () => {
  assert.deepEqual(cells('5" pipe,"a"b, "c" \n'), [['5" pipe', '"a"b', "c"]]);
});

test("a quotation mark that is never closed costs its own line only", () => {
  for (const next of ["3,4,c\n5,6,d\n", '3,4,"c"\n5,6,d\n', '3,4,c\n5,6,d\n7,8,"e"\n']) {
    const { rows, unclosed } = splitRows(`1,2,"b\n${next}`, ",");

    assert.deepEqual(unclosed, [1]);
    assert.equal(rows.length, next.split("\n").length - 1);
    assert.equal(rows[0]?.line, 2);
  }
});

test("quotation marks without an end are found in a time that grows with the text", () => {
  for (const line of ['1,2,"b\n', '"1,2,""b""\n', '1,2,b\n"']) {
    const start = performance.now();
    splitRows(`"${line.repeat(200_000)}`, ",");
    assert.ok(performance.now() - start < 5000, line);
  }
});

test("spaces that nobody sees are no part of a cell", () => {
  assert.deepEqual(cells("\u00a01\u200b,\ufeff2 ,\u200e a b \u3000"), [["1", "2", "a b"]]);
});

test("lines with nothing in them are no rows", () => {
  assert.deepEqual(cells("1,2,3\n\n , ,\n,,\n4,5,6\n"), [
    ["1", "2", "3"],
    ["4", "5", "6"],
  ]);
});

test("lines of Markdown begin and end with bars", () => {
  assert.deepEqual(cells("| x1 | x2 |\n| 1 | |\n", "|"), [
    ["x1", "x2"],
    ["1", ""],
  ]);
});

test("what is written can be read", () => {
  const rows = [
    ["x1", 'a "b"', "c,d"],
    [1, -2.5, "e"],
  ];

  assert.deepEqual(
    cells(writeCsv(rows)),
    rows.map((row) => row.map(String)),
  );
});

test("words that a spreadsheet would calculate are written as words, numbers as numbers", () => {
  const words = ['=HYPERLINK("http://x.example")', "+1+cmd", "-2+3", "@SUM(A1)", "\tx", "\rx"];

  const written = writeCsv(words.map((word) => [word, -1.5]));

  for (const row of cells(written)) {
    assert.match(row[0] ?? "", /^'/);
    assert.equal(row[1], "-1.5");
  }
});
