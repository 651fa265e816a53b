/** The layout of a text as a table with a given separator: width, rows, line of names, and lines that are no rows. */

import { phrase } from "../../lib/text/i18n.js";
import { isKnownName } from "./column-names.js";
import { splitRows } from "./csv.js";
import { isMissing } from "./missing-values.js";
import { ALL, FORMATS, formatsOf, parseNumber } from "./number-format.js";

/** @import { Row } from "./csv.js" */
/** @import { NumberFormat } from "./number-format.js" */

/**
 * @typedef {object} LeftOut
 * @property {number} line
 * @property {string} message why it is left out
 */

/**
 * @typedef {object} Survey statistics of the cells of a column
 * @property {Map<number, number>} formats how many cells are numbers in these formats (bits of `number-format.js`)
 * @property {number} filled cells that are neither empty nor a mark of a missing value
 * @property {number} short whole numbers of one to three digits, without 0
 * @property {number} long whole numbers of more digits
 */

/**
 * @typedef {object} Layout
 * @property {string} separator
 * @property {number} width number of columns
 * @property {Row | null} top the first row, which may have the names of the columns
 * @property {boolean} words whether it has words above numbers, so that it is no row
 * @property {boolean} headed whether it is the first line of the text
 * @property {boolean} short whether it has one cell less than the rows: the first column has no name
 * @property {Row[]} rows all of this width
 * @property {Survey[]} surveys of their cells, by column
 * @property {number} quality share of all lines that are rows, 0 … 1
 * @property {LeftOut[]} leftOut lines that are no rows
 */

/** Most columns of a table. */
export const MOST_COLUMNS = 1000;
const SIMPLEST = /** @type {NumberFormat} */ (FORMATS[0]);
/** Rows that are used to find the columns of numbers. */
const LOOKED_AT = 100;
/** A line between head and body, as in Markdown. */
const RULE = /^[:+=|-]*[=-]{2,}[:+=|-]*$/;
/** A line that programs write below a table: [40 rows x 3 columns]. */
const SUMMARY = /^[[(]\s*\d+ rows?\b/;
const ELLIPSIS = /^(?:\.{2,3}|\u2026|\u22ee)$/;

/**
 * @param {string} text with "\n" as the only line end
 * @param {string} separator
 * @param {number} [most] rows at most
 * @returns {Layout}
 */
export function readLayout(text, separator, most) {
  const sheet = splitRows(text, separator, most);
  const lines = sheet.rows.filter(({ cells }) => !cells.every((cell) => RULE.test(cell)));
  const { width, behind } = widthOf(lines);
  if (width > MOST_COLUMNS)
    return {
      separator,
      width,
      top: null,
      words: false,
      headed: false,
      short: false,
      rows: [],
      surveys: [],
      quality: 0,
      leftOut: [],
    };
  const { top, words, short } = findTop(lines, width, behind);
  const leftOut = sheet.unclosed.map((line) => ({ line, message: phrase("csv.open-quote") }));
  /** @type {Row[]} */
  const rows = [];
  for (const row of lines) {
    if (words && row.line === top?.line) continue;
    if (fits(row, width) && !isEllipsis(row)) rows.push(row);
    else leftOut.push(describe(row, width));
  }
  return {
    separator,
    width,
    top,
    words,
    headed: top !== null && top.line === lines[0]?.line,
    short,
    rows,
    surveys: surveyColumns(rows, width),
    quality: (rows.length + (words ? 1 : 0)) / Math.max(1, sheet.rows.length + sheet.unclosed.length),
    leftOut,
  };
}

/**
 * The number of cells that most lines have, without columns at the end that are empty in all of these.
 * @param {readonly Row[]} lines
 * @returns {{ width: number, behind: number }} with the number of these columns
 */
function widthOf(lines) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const { cells } of lines) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  let width = 0;
  for (const [length, count] of counts) {
    const most = counts.get(width) ?? 0;
    if (count > most || (count === most && length > width)) width = length;
  }
  const whole = lines.filter(({ cells }) => cells.length === width);
  const most = width;
  while (width > 1 && whole.every(({ cells }) => cells[width - 1] === "")) width -= 1;
  return { width, behind: most - width };
}

/**
 * @param {Row} row
 * @param {number} width
 * @returns {boolean} whether it has `width` cells, and only empty ones after them
 */
function fits({ cells }, width) {
  return cells.length === width || (cells.length > width && cells.slice(width).every((cell) => cell === ""));
}

/**
 * @param {Row} row
 * @returns {boolean} whether it is an ellipsis for rows that a program has not printed
 */
function isEllipsis({ cells }) {
  return cells.every((cell) => ELLIPSIS.test(cell));
}

/**
 * @param {Row} row that is left out
 * @param {number} width
 * @returns {LeftOut}
 */
function describe({ line, cells }, width) {
  if (cells[0]?.startsWith("#")) return { line, message: phrase("table.comment") };
  if (isEllipsis({ line, cells })) return { line, message: phrase("table.ellipsis") };
  if (SUMMARY.test(cells.join(" "))) return { line, message: phrase("table.summary") };
  const columns = phrase("count.cells", { count: cells.length });
  return { line, message: phrase("table.other-width", { columns, width }) };
}

/**
 * Finds the line of names: of the lines before the first one with numbers, the first with a known name, otherwise the
 * first that fits; or the first row, if there are no such lines.
 * @param {readonly Row[]} lines
 * @param {number} width
 * @param {number} behind number of empty columns after the others
 * @returns {{ top: Row | null, words: boolean, short: boolean }}
 */
function findTop(lines, width, behind) {
  const fitting = lines.slice(0, LOOKED_AT).filter((row) => fits(row, width));
  const surveys = surveyColumns(fitting.slice(1), width);
  const numeric = surveys.flatMap((survey, column) => (isNumeric(survey) ? [column] : []));
  /** @type {{ top: Row, short: boolean }[]} */
  const heads = [];
  let first = null;
  for (const row of lines) {
    const short =
      row.cells.length === width - 1 ||
      (behind > 0 &&
        row.cells.length === width - 1 + behind &&
        row.cells.slice(width - 1).every((cell) => cell === ""));
    const head = withoutMark(row, width);
    if (!fits(head, width) && !short) continue;
    const over = numeric.map((column) => head.cells[short ? column - 1 : column] ?? "");
    if (!short && over.some((cell) => formatsOf(cell) !== 0)) {
      first = row;
      break;
    }
    const words = over.some((cell) => !isMissing(cell) && formatsOf(cell) === 0);
    if (words || (short && row === lines[0])) heads.push({ top: head, short });
  }
  const best =
    heads.find(({ top }) => top.cells.some(isKnownName)) ??
    heads.find(({ top, short }) => !short && !top.cells[0]?.startsWith("#")) ??
    heads[0];
  return best ? { ...best, words: true } : { top: first, words: false, short: false };
}

/**
 * Removes the comment mark before a line of names, as NumPy writes it.
 * @param {Row} row
 * @param {number} width
 * @returns {Row}
 */
function withoutMark(row, width) {
  const [first = "", ...others] = row.cells;
  if (first === "#" && row.cells.length === width + 1) return { line: row.line, cells: others };
  if (!/^#\s+\S/.test(first) || row.cells.length !== width) return row;
  return { line: row.line, cells: [first.replace(/^#\s+/, ""), ...others] };
}

/**
 * @param {readonly Row[]} rows
 * @param {number} width
 * @returns {Survey[]} by column
 */
function surveyColumns(rows, width) {
  return Array.from({ length: width }, (_, column) => {
    /** @type {Survey} */
    const survey = { formats: new Map(), filled: 0, short: 0, long: 0 };
    const counts = new Uint32Array(ALL + 1);
    for (const { cells } of rows) {
      const cell = cells[column] ?? "";
      const formats = formatsOf(cell);
      if (formats === 0) {
        if (!isMissing(cell)) survey.filled += 1;
        continue;
      }
      survey.filled += 1;
      counts[formats] = (counts[formats] ?? 0) + 1;
      if (formats !== ALL) continue;
      const size = Math.abs(parseNumber(cell, SIMPLEST));
      if (size >= 1000) survey.long += 1;
      else if (size > 0) survey.short += 1;
    }
    for (const [formats, count] of counts.entries()) if (count > 0) survey.formats.set(formats, count);
    return survey;
  });
}

/**
 * @param {Survey} survey of a column
 * @param {number} [formats] bits; only numbers in one of these count
 * @returns {boolean} whether at least half of its cells are numbers
 */
export function isNumeric({ formats: counts, filled }, formats = ALL) {
  let numbers = 0;
  for (const [bits, count] of counts) if ((bits & formats) !== 0) numbers += count;
  return numbers > 0 && numbers >= filled / 2;
}
