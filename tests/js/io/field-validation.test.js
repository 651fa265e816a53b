import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkNumber,
  checkValue,
  fold,
  readNumber,
  readValue,
  writeValue,
} from "../../../static/js/io/field-validation.js";
import { WHOLE } from "../support/fields.js";

test("keys are read as people write them", () => {
  assert.equal(fold(" Sin X1² "), "sin-x1^2");
  assert.deepEqual(readValue(WHOLE, "network.activation", "Leaky_ReLU"), { value: "leaky-relu" });
  assert.deepEqual(readValue(WHOLE, "features", "x1^2, X2"), { value: ["x1²", "x2"] });
});

test("a written value is read again", () => {
  for (const [path, value] of /** @type {[string, unknown][]} */ ([
    ["data.samples", 500],
    ["data.noise", 0.25],
    ["data.shuffled", false],
    ["network.hidden", [8, 3]],
    ["network.hidden", []],
    ["network.activation", ["tanh", "relu"]],
    ["features", ["x1", "sin x1"]],
    ["data.classicSeed", "0.5"],
  ]))
    assert.deepEqual(readValue(WHOLE, path, writeValue(value)), { value }, path);
});

test("numbers of an address are plain decimal numbers", () => {
  assert.deepEqual(["1", "-.5", "2e-3", " 7 "].map(readNumber), [1, -0.5, 0.002, 7]);
  for (const text of ["", "0x10", "1,5", "NaN", "Infinity"]) assert.equal(readNumber(text), text);
});

test("values beyond the limits, of another type or of no row are refused", () => {
  const wrong = /** @type {[string, unknown][]} */ ([
    ["data.samples", 9],
    ["data.samples", 10.5],
    ["data.noise", Number.NaN],
    ["data.noise", "0.5"],
    ["data.shuffled", 1],
    ["network.hidden", [0]],
    ["network.hidden", Array(11).fill(1)],
    ["network.hidden", 4],
    ["network.activation", "warp"],
    ["features", []],
    ["features", ["x1", "x1"]],
    ["data.classicSeed", "\n"],
    ["data.points", []],
    ["no.field", 1],
  ]);
  for (const [path, value] of wrong) assert.ok("reason" in checkValue(WHOLE, path, value), path);
});

test("limits are inclusive, and may be missing", () => {
  const share = { minimum: 0, maximum: 1, whole: false };
  for (const value of [0, 0.5, 1]) assert.deepEqual(checkNumber(value, share), { value });
  assert.ok("reason" in checkNumber(1.01, share));
  assert.deepEqual(checkNumber(-1e9, { whole: true }), { value: -1e9 });
});
