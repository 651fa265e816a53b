/** The targets of a table: rows without one, the classes that words and numbers stand for, and values. */

import { phrase } from "../../lib/text/i18n.js";
import { MOST_CLASSES } from "../point-set.js";
import { namesValue } from "./column-names.js";
import { isMissing, mayBeWord } from "./missing-values.js";
import { parseNumber } from "./number-format.js";

/** @import { NumberFormat } from "./number-format.js" */
/** @import { Kind } from "../point-set.js" */

/**
 * @typedef {object} Label
 * @property {string} text as written
 * @property {number} label number of its class
 * @property {number} count
 */

/**
 * @typedef {object} Targets
 * @property {Map<number, string>} faults why rows have no target, as sentences
 * @property {Label[] | null} labels the classes; null if there are too many
 * @property {number[] | null} classes the number of the class of each of the other rows
 * @property {number[] | null} values their targets as numbers; null if some are none
 * @property {Kind} kind the likelier one of the two
 * @property {MissingChoice | null} missing marks of missing values that may be classes; null if there are none
 */

/**
 * @typedef {object} MissingChoice
 * @property {"leave-out" | "class"} value
 * @property {string[]} signs as written
 * @property {number} count rows that have one
 */

/**
 * @param {readonly string[]} cells the target of each row
 * @param {string} name of the column
 * @param {NumberFormat} format
 * @param {string} [wished] how to treat marks of a missing value: "leave-out" or "class"
 * @returns {Targets | null} null if there are too many words to be classes
 */
export function readTargets(cells, name, format, wished) {
  const numbers = cells.map((cell) => parseNumber(cell, format));
  const missing = findMissing(cells, numbers, wished);
  const isGone = (/** @type {string} */ cell) =>
    isMissing(cell) && !(missing?.value === "class" && mayBeWord(cell));
  /** @type {Map<number, string>} */
  const faults = new Map();
  let remaining = [];
  for (const [row, cell] of cells.entries()) {
    if (isGone(cell)) faults.set(row, sayMissing(cell, name));
    else remaining.push(row);
  }
  const keyOf = (/** @type {number} */ row) =>
    Number.isFinite(numbers[row]) ? (numbers[row] ?? 0) : (cells[row] ?? "");
  const labels = labelsOf(remaining, keyOf, cells);
  const numeric = remaining.filter((row) => Number.isFinite(numbers[row]));
  if (labels === null && numeric.length < remaining.length / 2) return null;
  if (labels === null) {
    // Values in some rows only.
    for (const row of remaining) {
      if (Number.isFinite(numbers[row])) continue;
      const values = { cell: quote(cells[row] ?? ""), column: name };
      faults.set(row, phrase(Number.isNaN(numbers[row]) ? "table.no-number" : "table.too-large", values));
    }
    remaining = numeric;
  }
  const values = numeric.length === remaining.length ? remaining.map((row) => numbers[row] ?? 0) : null;
  const areValues = values !== null && namesValue(name) && !isSigns(values);
  const classes = labels && remaining.map((row) => labels.get(keyOf(row))?.label ?? 0);
  return {
    faults,
    labels: labels && [...labels.values()],
    classes,
    values,
    kind: labels === null || areValues ? "values" : "classes",
    missing,
  };
}

/**
 * Among words, "None" or "-" may be a class. It is one if fewer than two classes would remain without it, or if "+" is
 * another class.
 * @param {readonly string[]} cells
 * @param {readonly number[]} numbers
 * @param {string} [wished]
 * @returns {MissingChoice | null}
 */
function findMissing(cells, numbers, wished) {
  const signs = new Set(cells.filter(mayBeWord));
  if (signs.size === 0) return null;
  const others = new Set(cells.filter((cell) => !isMissing(cell)));
  const words = cells.some((cell, row) => !isMissing(cell) && Number.isNaN(numbers[row]));
  if (!words && others.size > 0) return null;
  const guess = others.size < 2 || (others.has("+") && signs.has("-")) ? "class" : "leave-out";
  return {
    value: wished === "leave-out" || wished === "class" ? wished : guess,
    signs: [...signs],
    count: cells.filter(mayBeWord).length,
  };
}

/**
 * @param {string} cell
 * @param {string} column
 * @returns {string}
 */
function sayMissing(cell, column) {
  if (cell === "") return phrase("table.empty-cell", { column });
  return phrase("table.missing", { cell: quote(cell), column });
}

/**
 * Quotes a cell for a sentence.
 * @param {string} cell
 * @returns {string}
 */
export function quote(cell) {
  return phrase("table.quoted", { cell: cell.length > 24 ? `${cell.slice(0, 24)}\u2026` : cell });
}

/**
 * @param {readonly number[]} values
 * @returns {boolean}
 */
function isSigns(values) {
  return values.every((value) => Math.abs(value) === 1);
}

/**
 * Assigns classes to targets: numbers from 0 to 5 are the numbers of classes, of −1 and 1 the latter is class 0, other
 * numbers are in ascending order, and words in order of appearance. Numbers of the same value are the same class.
 * @param {readonly number[]} rows
 * @param {(row: number) => string | number} keyOf target of a row, as a word or number
 * @param {readonly string[]} cells text of the targets
 * @returns {Map<string | number, Label> | null}
 */
function labelsOf(rows, keyOf, cells) {
  /** @type {Map<string | number, Label>} */
  const found = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    const before = found.get(key);
    if (before) before.count += 1;
    else found.set(key, { text: cells[row] ?? "", label: found.size, count: 1 });
    if (found.size > MOST_CLASSES) return null;
  }
  const values = [...found.keys()].filter((key) => typeof key === "number").sort((one, other) => one - other);
  if (values.length < found.size) return found;
  const own =
    values.includes(0) &&
    values.every((value) => Number.isInteger(value) && value >= 0 && value < MOST_CLASSES);
  if (isSigns(values)) values.reverse();
  return new Map(
    values.map((value, index) => [
      value,
      { .../** @type {Label} */ (found.get(value)), label: own ? value : index },
    ]),
  );
}
