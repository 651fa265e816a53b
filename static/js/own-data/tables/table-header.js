/** Decides whether the first row of a table has the names of its columns. */

import { phrase } from "../../lib/text/i18n.js";
import { isKnownName, namesTarget } from "./column-names.js";
import { isMissing } from "./missing-values.js";
import { formatsOf } from "./number-format.js";
import { isNumeric } from "./table-layout.js";

/** @import { Layout } from "./table-layout.js" */

/**
 * @typedef {object} Header
 * @property {boolean} present
 * @property {boolean} asked whether the choice is ambiguous
 * @property {string} reason why it was guessed, as a sentence; empty if it is certain
 */

/**
 * @param {Layout} layout
 * @returns {Header}
 */
export function findHeader({ top, short, rows, surveys }) {
  if (top === null) return certain(false);
  const over = surveys.map((survey, column) => ({
    cell: top.cells[short ? column - 1 : column] ?? "",
    numeric: isNumeric(survey),
    column,
  }));
  const numbers = over.filter(({ cell, numeric }) => numeric && formatsOf(cell) !== 0);
  const words = over.filter(({ cell, numeric }) => numeric && formatsOf(cell) === 0 && !isMissing(cell));
  if (words.length > 0 && numbers.length === 0) return certain(true);
  if (words.length > 0) {
    const known = words.some(({ cell }) => isKnownName(cell));
    return guessed(known || words.length > numbers.length, phrase("table.header-mixed"));
  }
  // Columns of words: is the first cell among the words below it?
  const texts = over.filter(({ cell, numeric }) => !numeric && !isMissing(cell));
  const strange = texts.filter(({ cell, column }) =>
    rows.every((row) => row.line === top.line || row.cells[column] !== cell),
  );
  const series = isSeries(numbers.map(({ cell }) => cell));
  if (short) return guessed(series, phrase("table.header-numbers"));
  if (series) {
    const fractions = numbers.some(({ column }) => rows.some((row) => /[.,]/.test(row.cells[column] ?? "")));
    return guessed(fractions && strange.length === texts.length, phrase("table.header-numbers"));
  }
  if (strange.some(({ cell }) => namesTarget(cell))) {
    const whole = numbers.every(({ cell }) => /^\d+$/.test(cell));
    return guessed(whole, phrase("table.header-mixed"));
  }
  return certain(false);
}

/**
 * Whether numbers are generated names of columns: 0, 1, 2 … or 1, 2, 3 …, or years.
 * @param {string[]} cells
 * @returns {boolean}
 */
function isSeries(cells) {
  const numbers = cells.map((cell) => (/^\d+$/.test(cell) ? Number(cell) : Number.NaN));
  const [first = Number.NaN] = numbers;
  const begins = first === 0 || first === 1 || (first >= 1900 && first <= 2100);
  return begins && cells.length > 1 && numbers.every((number, index) => number === first + index);
}

/**
 * @param {boolean} present
 * @returns {Header}
 */
function certain(present) {
  return { present, asked: false, reason: "" };
}

/**
 * @param {boolean} present
 * @param {string} reason
 * @returns {Header}
 */
function guessed(present, reason) {
  return { present, asked: true, reason };
}
