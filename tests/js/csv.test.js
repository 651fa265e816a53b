import "./support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  findSeparator,
  looksBinary,
  parseCell,
  parseSheet,
  usesDecimalComma,
  writeCsv,
} from "../../static/js/own-data/csv.js";

/** @param {string} text */
const cells = (text) => parseSheet(text).rows.map((row) => row.cells);

test("commas, semicolons, tabs and spaces separate", () => {
  for (const separator of [",", ";", "\t", " "]) {
    assert.deepEqual(cells(["1", "2", "a\n3", "4", "b"].join(separator)), [
      ["1", "2", "a"],
      ["3", "4", "b"],
    ]);
  }
});

test("the separator is what most lines have, whatever is in words and quotes", () => {
  assert.equal(findSeparator("1,5;2,5;a b\n1,0;2,0;c"), ";");
  assert.equal(findSeparator('1,2,"a;b"\n3,4,"c;d"'), ",");
  assert.equal(findSeparator("# note; with; these\n1 2 3"), " ");
});

test("quoted cells hold separators, quotes and lines, and lines are counted on", () => {
  const { rows } = parseSheet('x,y,z\n1,2,"a, ""b""\nc"\n3,4,d');

  assert.deepEqual(rows[1], { line: 2, cells: ["1", "2", 'a, "b"\nc'] });
  assert.deepEqual(rows[2], { line: 4, cells: ["3", "4", "d"] });
});

test("a quotation mark without an end is told by its line, however long the text", () => {
  const text = `1,2,a\n1,2,"b\n${"3,4,c\n".repeat(200_000)}`;
  const start = performance.now();

  assert.deepEqual(parseSheet(text).fault, { line: 2, message: "a quotation mark is not closed" });
  assert.ok(performance.now() - start < 2000);
});

test("line ends of any system, empty lines, comments and a byte order mark", () => {
  const { rows } = parseSheet("\ufeffx,y,z\r\n\r\n# note\r1,2,a\n\n");

  assert.deepEqual(rows, [
    { line: 1, cells: ["x", "y", "z"] },
    { line: 4, cells: ["1", "2", "a"] },
  ]);
});

test("a decimal comma is one only where nothing speaks against it", () => {
  assert.equal(usesDecimalComma(["1,5", "2", "-3,25"], ";"), true);
  assert.equal(usesDecimalComma(["1,5", "2.5"], ";"), false);
  assert.equal(usesDecimalComma(["1,5"], ","), false);
  assert.equal(parseCell("1,5", true), 1.5);
  assert.equal(parseCell("1,5", false), Number.NaN);
});

test("numbers as people and programs write them, and nothing else", () => {
  assert.equal(parseCell("\u22121.5e2", false), -150);
  assert.equal(parseCell("+.5", false), 0.5);
  for (const text of ["", "abc", "0x10", "1.2.3", "NaN", "nan", "true", "1,234.5"])
    assert.equal(parseCell(text, false), Number.NaN, text);
  assert.equal(parseCell("1e999", false), Number.POSITIVE_INFINITY);
});

test("what is no text is known by its bytes", () => {
  assert.equal(looksBinary("\u0089PNG\r\n\0\0"), true);
  assert.equal(looksBinary("\ufffd\ufffd\u0001ab"), true);
  assert.equal(looksBinary("x1,x2,größe\r\n1\t2\tä\n"), false);
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

  for (const row of parseSheet(written).rows) {
    assert.match(row.cells[0] ?? "", /^'/);
    assert.equal(row.cells[1], "-1.5");
  }
});
