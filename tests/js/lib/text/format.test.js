import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatCount,
  formatExact,
  formatLoss,
  formatParameter,
  formatPercent,
  formatPlain,
  parseDecimal,
} from "../../../../static/js/lib/text/format.js";

test("counts are grouped and never wrap", () => {
  assert.equal(formatCount(0), "0");
  assert.equal(formatCount(1_234_567), "1,234,567");
});

test("plain numbers lose the noise of binary fractions", () => {
  assert.equal(formatPlain(0.1 + 0.2), "0.3");
  assert.equal(formatPlain(-2), "\u22122");
  assert.equal(formatPlain(0.00001), "0.00001");
});

test("a loss that is read off has six digits, whatever its size", () => {
  assert.equal(formatExact(0.0123456789), "0.0123457");
  assert.equal(formatExact(0.5), "0.500000");
  assert.equal(formatExact(0.0000123456789), "1.23457e\u22125");
  assert.equal(formatExact(12345.678), "12345.7");
  assert.equal(formatExact(0), "0");
  assert.equal(formatExact(Number.NaN), "\u2013");
});

test("losses have four decimals where it matters and stay short elsewhere", () => {
  assert.equal(formatLoss(0.01234), "0.0123");
  assert.equal(formatLoss(0), "0");
  assert.equal(formatLoss(0.000012), "1.2e\u22125");
  assert.equal(formatLoss(12.3456), "12.346");
  assert.equal(formatLoss(1e89), "1.0e89");
  assert.equal(formatLoss(Number.NaN), "\u2013");
  assert.equal(formatLoss(Number.POSITIVE_INFINITY), "\u221e");
});

test("weights show their sign with a true minus", () => {
  assert.equal(formatParameter(-0.29), "\u22120.290");
  assert.equal(formatParameter(0), "0.000");
  assert.equal(formatParameter(123.456), "123.5");
  assert.equal(formatParameter(0.00012), "1.2e\u22124");
});

test("shares become percentages", () => {
  assert.equal(formatPercent(0.5), "50\u202f%");
  assert.equal(formatPercent(0.9876, 1), "98.8\u202f%");
  assert.equal(formatPercent(Number.NaN), "\u2013");
});

test("numbers are read as people type them", () => {
  assert.equal(parseDecimal("0.5"), 0.5);
  assert.equal(parseDecimal(" -0,5 "), -0.5);
  assert.equal(parseDecimal("\u22121.2e\u22124"), -0.00012);
  assert.equal(parseDecimal(".5"), 0.5);
  assert.equal(parseDecimal("+3"), 3);
});

test("what is no number is none", () => {
  for (const text of ["", "-", "1.2.3", "1,2,3", "0x10", "Infinity", "three"]) {
    assert.ok(Number.isNaN(parseDecimal(text)), text);
  }
});

test("what a weight is written as can be read back", () => {
  for (const value of [-0.29, 0, 12.5, -123.4, 0.00012, 4200]) {
    assert.ok(Math.abs(parseDecimal(formatParameter(value)) - value) <= Math.abs(value) * 0.05);
  }
});
