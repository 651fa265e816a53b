import assert from "node:assert/strict";
import { test } from "node:test";
import { FORMATS, formatsOf, parseNumber } from "../../../../static/js/own-data/tables/number-format.js";

/**
 * The values of a cell by the formats in which it is a number.
 * @param {string} cell
 */
const readings = (cell) =>
  Object.fromEntries(
    FORMATS.flatMap((format) => {
      const number = parseNumber(cell, format);
      return Number.isNaN(number) ? [] : [[format.value, number]];
    }),
  );

const POINT = {
  point: 1.5,
  "point-with-comma-thousands": 1.5,
  "point-with-space-thousands": 1.5,
  "point-with-apostrophe-thousands": 1.5,
};

test("a cell is a number in just the formats that are said of it", () => {
  const cells = [
    "1",
    "1.5",
    "1,5",
    "1.234",
    "0,234",
    "1,234.5",
    "1.234.567",
    "1 234,5",
    "1'234.5",
    "12,34,567",
    "a",
  ];
  for (const cell of cells) {
    const said = FORMATS.filter((_, index) => (formatsOf(cell) & (2 ** index)) !== 0).map(
      ({ value }) => value,
    );
    assert.deepEqual(said, Object.keys(readings(cell)), cell);
  }
});

test("whole numbers are numbers in every format", () => {
  for (const cell of ["7", "-36", "+7", "1234567", "1e3"])
    assert.equal(Object.keys(readings(cell)).length, 8, cell);
});

test("fractions have one mark, of decimals or of thousands if three digits follow", () => {
  assert.deepEqual(readings("1.5"), POINT);
  assert.deepEqual(Object.keys(readings("1,50")), [
    "comma",
    "comma-with-point-thousands",
    "comma-with-space-thousands",
    "comma-with-apostrophe-thousands",
  ]);
  assert.equal(readings("1.234")["comma-with-point-thousands"], 1234);
  assert.equal(readings("1.234").point, 1.234);
  assert.equal(readings("-2,925")["point-with-comma-thousands"], -2925);
  for (const cell of ["0.234", "01.234", "1234.567", ".234", "1.2345", "1.234e3"])
    assert.ok(!("comma-with-point-thousands" in readings(cell)), cell);
});

test("two marks leave one format", () => {
  assert.deepEqual(readings("1,234.5"), { "point-with-comma-thousands": 1234.5 });
  assert.deepEqual(readings("1.234,5"), { "comma-with-point-thousands": 1234.5 });
  assert.deepEqual(readings("-1,234,567"), { "point-with-comma-thousands": -1234567 });
  assert.deepEqual(readings("12,34,567.8"), { "point-with-comma-thousands": 1234567.8 });
  assert.deepEqual(readings("1'234.5"), { "point-with-apostrophe-thousands": 1234.5 });
  assert.deepEqual(readings("1\u20191234"), {});
});

test("spaces between thousands are of any width", () => {
  for (const space of [" ", "\u00a0", "\u202f", "\u2009"])
    assert.deepEqual(readings(`1${space}234,5`), { "comma-with-space-thousands": 1234.5 }, space);
});

test("signs, powers and digits as people and programs write them", () => {
  /** @type {[string, number][]} */
  const cells = [
    ["\u22121.5", -1.5],
    ["\u20131.5", -1.5],
    ["- 1.5", -1.5],
    ["+.5", 0.5],
    ["5.", 5],
    ["1.5e2", 150],
    ["1.5E-03", 0.0015],
    ["1,5E+03", 1500],
    ["\uff11\uff0e\uff15", 1.5],
    ["1e999", Number.POSITIVE_INFINITY],
  ];
  for (const [cell, value] of cells) assert.equal(Object.values(readings(cell))[0], value, cell);
});

test("nothing else is a number", () => {
  const cells = [
    "",
    "abc",
    "0x10",
    "1.2.3",
    "NaN",
    "inf",
    "true",
    "1,23.4",
    "12 34",
    "1 2345",
    "1,2,3",
    "e5",
    "-",
    ".",
    "5%",
  ];
  for (const cell of [...cells, "2024-01-05", "12:30", "1.234,567.8", "1 234'567"])
    assert.deepEqual(readings(cell), {}, cell);
});
