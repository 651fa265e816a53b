/** Tables of the tests, and what is found in them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { decodeText } from "../../../static/js/own-data/encoding/text-encoding.js";
import { readTable } from "../../../static/js/own-data/tables/table-reader.js";

/** @import { Aspect, Choice, Table, Wishes } from "../../../static/js/own-data/tables/table-reader.js" */

/**
 * A table out of a text that is one.
 * @param {string} text
 * @param {Wishes} [wishes]
 * @returns {Table}
 */
export function tableOf(text, wishes) {
  const { table, problem } = readTable(text, wishes);
  assert.ok(table, problem ?? "");
  return table;
}

/**
 * A table of `tests/fixtures/tables`.
 * @param {string} name
 * @param {Wishes} [wishes]
 * @returns {Table & { encoding: Choice | null }}
 */
export function fixture(name, wishes = {}) {
  const bytes = readFileSync(new URL(`../../fixtures/tables/${name}`, import.meta.url));
  const { text, choice, problem } = decodeText(new Uint8Array(bytes), wishes);
  assert.equal(problem, null);
  return { ...tableOf(text ?? "", wishes), encoding: choice };
}

/**
 * What is asked, in the order of the preview.
 * @param {{ choices: Choice[] }} table
 * @returns {Aspect[]}
 */
export function asked({ choices }) {
  return choices.filter((choice) => choice.asked).map(({ aspect }) => aspect);
}

/**
 * @param {{ choices: Choice[] }} table
 * @param {Aspect} aspect
 * @returns {Choice}
 */
export function choiceOf({ choices }, aspect) {
  const found = choices.find((choice) => choice.aspect === aspect);
  assert.ok(found, `there is no choice of ${aspect}`);
  return found;
}

/**
 * The names of the classes and how many points each has.
 * @param {Table} table
 * @returns {Record<string, number>}
 */
export function classesOf({ labels }) {
  return Object.fromEntries((labels ?? []).map(({ text, count }) => [text, count]));
}

/**
 * @param {string[]} rows
 * @returns {string}
 */
export function lines(...rows) {
  return rows.join("\n");
}
