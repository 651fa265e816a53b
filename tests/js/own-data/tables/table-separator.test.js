import "../../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chooseSeparator,
  prepare,
  separatorName,
} from "../../../../static/js/own-data/tables/table-separator.js";

/** @param {string} text @param {string} [wished] */
function choose(text, wished) {
  const { body, declared } = prepare(text);
  return chooseSeparator(body, declared, wished);
}

test("line ends become line feeds, and a first line may name the separator", () => {
  assert.deepEqual(prepare("a\r\nb\rc"), { body: "a\nb\nc", declared: null });
  assert.equal(prepare("sep=;\r\n1;2;3").declared, ";");
});

test("the separator with the most consistent rows is taken", () => {
  for (const separator of [",", ";", "\t", "|", " "]) {
    const rows = [1, 2, 3, 4].map((row) => [row, row / 2, "ab"[row % 2]].join(separator));
    assert.deepEqual([choose(rows.join("\n")).value, choose(rows.join("\n")).asked], [separator, false]);
  }
});

test("a wished separator is taken if the text has it", () => {
  const text = "1,5;2,5;1\n2,5;3,5;0\n3,5;1,5;1";

  assert.equal(choose(text).value, ";");
  assert.equal(choose(text, ",").value, ",");
  assert.equal(choose(text, "|").value, ";");
});

test("every separator has a name", () => {
  for (const separator of [",", ";", "\t", "|", " "]) assert.notEqual(separatorName(separator), "");
});
