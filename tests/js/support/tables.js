import assert from "node:assert/strict";
import { readTable } from "../../../static/js/own-data/table-reader.js";

/** @import { Table } from "../../../static/js/own-data/table-reader.js" */

/**
 * A table out of a text that is one.
 * @param {string} text
 * @returns {Table}
 */
export function tableOf(text) {
  const { table, problem } = readTable(text);
  assert.ok(table, problem ?? "");
  return table;
}

/**
 * @param {string[]} rows
 * @returns {string}
 */
export function lines(...rows) {
  return rows.join("\n");
}
