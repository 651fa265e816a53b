/** Comma-separated values and their relatives: text to rows of cells, numbered by line, and back. */

import { parseDecimal } from "../lib/format.js";
import { phrase } from "../lib/language.js";

/**
 * @typedef {object} Row
 * @property {number} line where it begins, counted from 1
 * @property {string[]} cells without quotes and surrounding space
 */

/**
 * @typedef {object} Fault
 * @property {number} line
 * @property {string} message
 */

/**
 * @typedef {object} Sheet
 * @property {string} separator
 * @property {Row[]} rows without empty lines and comments
 * @property {Fault | null} fault a quotation mark that is never closed
 */

/** How many lines are looked at to find out what separates the cells. */
const LOOKED_AT = 50;
/** Separators, and the keys of what they are called. */
const SEPARATORS = new Map([
  ["\t", "tabs"],
  [";", "semicolons"],
  [",", "commas"],
  [" ", "spaces"],
]);

/**
 * @param {string} separator
 * @returns {string}
 */
export function separatorName(separator) {
  return phrase(`csv.${SEPARATORS.get(separator)}`);
}

/**
 * Whether a text cannot be a table: it has bytes that no text has.
 * @param {string} beginning
 * @returns {boolean}
 */
export function looksBinary(beginning) {
  let strange = 0;
  for (let index = 0; index < beginning.length; index++) {
    const code = beginning.charCodeAt(index);
    if (code === 0) return true;
    if (code === 0xfffd || (code < 32 && code !== 9 && code !== 10 && code !== 13)) strange += 1;
  }
  return strange > beginning.length / 20;
}

/**
 * The separator that most of the first lines have: tabs before semicolons before commas before spaces, as the later
 * ones may be part of numbers and words.
 * @param {string} text
 * @returns {string}
 */
export function findSeparator(text) {
  const lines = [];
  for (let start = 0; start < text.length && lines.length < LOOKED_AT; ) {
    const end = text.indexOf("\n", start);
    const line = text.slice(start, end < 0 ? text.length : end).trim();
    if (line !== "" && !line.startsWith("#")) lines.push(line.replace(/"[^"]*"/g, ""));
    start = end < 0 ? text.length : end + 1;
  }
  for (const separator of SEPARATORS.keys()) {
    const having = lines.filter((line) => line.includes(separator)).length;
    if (having > 0 && having >= lines.length / 2) return separator;
  }
  return ",";
}

/**
 * @param {string} text
 * @returns {Sheet}
 */
export function parseSheet(text) {
  const body = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const separator = findSeparator(body);
  /** @type {Row[]} */
  const rows = [];
  let line = 0;
  for (let start = 0; start < body.length; ) {
    line += 1;
    const first = line;
    let end = lineEnd(body, start);
    for (let open = hasOddQuotes(body.slice(start, end)); open; line++) {
      if (end === body.length)
        return { separator, rows, fault: { line: first, message: phrase("csv.open-quote") } };
      const next = lineEnd(body, end + 1);
      open = !hasOddQuotes(body.slice(end + 1, next));
      end = next;
    }
    const content = body.slice(start, end);
    start = end + 1;
    const tidy = content.trim();
    if (tidy !== "" && !tidy.startsWith("#"))
      rows.push({ line: first, cells: cellsOf(separator === " " ? tidy : content, separator) });
  }
  return { separator, rows, fault: null };
}

/**
 * @param {string} text
 * @param {number} from
 * @returns {number}
 */
function lineEnd(text, from) {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/**
 * @param {string} content
 * @returns {boolean}
 */
function hasOddQuotes(content) {
  let odd = false;
  for (let at = content.indexOf('"'); at >= 0; at = content.indexOf('"', at + 1)) odd = !odd;
  return odd;
}

/**
 * @param {string} content of one row
 * @param {string} separator
 * @returns {string[]}
 */
function cellsOf(content, separator) {
  if (separator === " " && !content.includes('"')) return content.split(/\s+/);
  if (!content.includes('"')) return content.split(separator).map((cell) => cell.trim());
  const cells = [];
  let cell = "";
  let quoted = false;
  for (let index = 0; index < content.length; index++) {
    const sign = content[index];
    if (sign === '"' && quoted && content[index + 1] === '"') {
      cell += '"';
      index += 1;
    } else if (sign === '"') {
      quoted = !quoted;
    } else if (sign === separator && !quoted) {
      cells.push(cell.trim());
      cell = "";
    } else {
      cell += sign;
    }
  }
  return [...cells, cell.trim()];
}

/**
 * Whether numbers have a decimal comma: some have a comma, none has a point, and commas do not separate the cells.
 * @param {string[]} cells
 * @param {string} separator
 * @returns {boolean}
 */
export function usesDecimalComma(cells, separator) {
  if (separator === ",") return false;
  let commas = false;
  for (const cell of cells) {
    if (cell.includes(".") && !Number.isNaN(parseDecimal(cell))) return false;
    commas ||= cell.includes(",") && !Number.isNaN(parseDecimal(cell));
  }
  return commas;
}

/**
 * @param {string} cell
 * @param {boolean} decimalComma
 * @returns {number} NaN when it is none
 */
export function parseCell(cell, decimalComma) {
  const plain = Number(cell);
  if (cell !== "" && Number.isFinite(plain)) return /^[+-]?0[xbo]/i.test(cell) ? Number.NaN : plain;
  if (cell.includes(",") && !decimalComma) return Number.NaN;
  return parseDecimal(cell);
}

/**
 * Rows as text. Words that a spreadsheet would take for a formula get an apostrophe in front; numbers stay as they are.
 * @param {readonly (readonly (string | number)[])[]} rows
 * @returns {string}
 */
export function writeCsv(rows) {
  return `${rows.map((row) => row.map(writeCell).join(",")).join("\n")}\n`;
}

/**
 * @param {string | number} cell
 * @returns {string}
 */
function writeCell(cell) {
  if (typeof cell === "number") return String(cell);
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
