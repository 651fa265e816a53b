import assert from "node:assert/strict";
import { test } from "node:test";
import { isMissing, mayBeWord } from "../../../../static/js/own-data/tables/missing-values.js";

test("marks of a missing value are recognized in any case", () => {
  for (const cell of ["", "NaN", "n/a", "NULL", "None", "-", "?", "\u2026"]) assert.ok(isMissing(cell), cell);
  for (const cell of ["0", "no", "nonesuch", "--1"]) assert.ok(!isMissing(cell), cell);
});

test("some marks may be words, but not an empty cell or NaN", () => {
  for (const cell of ["None", "-", "?"]) assert.ok(mayBeWord(cell), cell);
  for (const cell of ["", "NaN", "-nan", "word"]) assert.ok(!mayBeWord(cell), cell);
});
