import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isKnownName,
  namesIndex,
  namesTarget,
  namesValue,
  readNames,
} from "../../../../static/js/own-data/tables/column-names.js";

const numeric = () => true;

test("names are known however they are written", () => {
  assert.ok(namesTarget(" Label "));
  assert.ok(namesValue("Value"));
  assert.ok(namesIndex("Row_Number"));
  assert.ok(isKnownName("x\u2081"));
  assert.ok(!isKnownName("height"));
});

test("a pair of names gives the coordinates, another name the target", () => {
  assert.deepEqual(readNames(["class", "x2", "x1"], numeric), {
    pair: [2, 1],
    onlyPair: true,
    letters: false,
    targets: [0],
  });
});

test("x and y may be data and target of a regression", () => {
  const { letters, pair } = readNames(["x", "y", "z"], numeric);

  assert.deepEqual([letters, pair], [true, [0, 1]]);
});

test("columns of words are no coordinates", () => {
  assert.equal(readNames(["x1", "x2", "label"], (column) => column !== 1).pair, null);
});
