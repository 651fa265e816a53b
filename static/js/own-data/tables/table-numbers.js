/** Guesses the number format of a whole table: one for all cells, and the other formats that are possible. */

import { phrase } from "../../lib/text/i18n.js";
import { ALL, COMMA_OR_THOUSANDS, FORMATS, POINT_OR_THOUSANDS } from "./number-format.js";
import { isNumeric } from "./table-layout.js";

/** @import { NumberFormat } from "./number-format.js" */
/** @import { Survey } from "./table-layout.js" */

/**
 * @typedef {object} FormatGuess
 * @property {NumberFormat} format
 * @property {NumberFormat[]} options formats that differ in how they read some cells
 * @property {(columns: readonly number[]) => boolean} isOpen whether the options read these columns differently
 * @property {string} reason why this one was guessed, as a sentence
 */

/**
 * @param {readonly Survey[]} surveys by column
 * @param {string} separator
 * @param {string} [wished] name of a format
 * @returns {FormatGuess}
 */
export function guessFormat(surveys, separator, wished) {
  const numeric = surveys.filter((survey) => isNumeric(survey));
  const read = FORMATS.map((_, index) => countIn(numeric, 2 ** index));
  const most = Math.max(...read);
  // The simplest of all that read as many cells; and the simplest with the other decimal mark, if that reads as many.
  const best = FORMATS.filter((_, index) => read[index] === most);
  const [simplest = ANY] = best;
  const other = best.find(({ decimal }) => decimal !== simplest.decimal);
  const { decimal, reason } = guessMarks(numeric, separator);
  const options = [simplest];
  if (other && areAmbiguous(numeric)) options.push(other);
  const guess = options.find((format) => format.decimal === decimal) ?? simplest;
  // Cells that none of these formats reads need others.
  const mixed = countIn(numeric, ALL) > most;
  for (const format of mixed ? FORMATS.toSorted((one, two) => readBy(two) - readBy(one)) : []) {
    const covered = options.reduce((sum, option) => sum | bitOf(option), 0);
    if (hasBits(numeric, (bits) => (bits & bitOf(format)) !== 0 && (bits & covered) === 0))
      options.push(format);
  }
  const bits = options.map(bitOf);
  return {
    format: options.find(({ value }) => value === wished) ?? guess,
    options,
    isOpen: (columns) =>
      options.length > 1 &&
      hasBits(
        columns.flatMap((column) => surveys[column] ?? []),
        (formats) => AMBIGUOUS.includes(formats) || bits.some((bit) => (formats & bit) === 0),
      ),
    reason: mixed ? phrase("table.decimal-mixed") : reason,
  };

  /** @param {NumberFormat} format */
  function readBy(format) {
    return read[FORMATS.indexOf(format)] ?? 0;
  }
}

const ANY = /** @type {NumberFormat} */ (FORMATS[0]);
const AMBIGUOUS = [POINT_OR_THOUSANDS, COMMA_OR_THOUSANDS];

/**
 * @param {NumberFormat} format
 * @returns {number}
 */
export function bitOf(format) {
  return 2 ** FORMATS.indexOf(format);
}

/**
 * @param {readonly Survey[]} surveys
 * @param {(formats: number) => boolean} has
 * @returns {boolean} whether some cell is a number in such formats
 */
function hasBits(surveys, has) {
  return surveys.some(({ formats }) => [...formats.keys()].some(has));
}

/**
 * @param {readonly Survey[]} surveys
 * @returns {boolean} whether a mark in some cell may be that of decimals or of thousands
 */
function areAmbiguous(surveys) {
  return hasBits(surveys, (formats) => AMBIGUOUS.includes(formats));
}

/**
 * Guesses whether 1.234 or 1,234 is a fraction. Whole numbers of up to three digits in the same column indicate thousands
 * marks; whole numbers of more digits indicate fractions.
 * @param {readonly Survey[]} numeric
 * @param {string} separator
 * @returns {{ decimal: "." | ",", reason: string }}
 */
function guessMarks(numeric, separator) {
  const points = countExactly(numeric, POINT_OR_THOUSANDS);
  const commas = countExactly(numeric, COMMA_OR_THOUSANDS);
  const grouped = numeric.filter((survey) => areAmbiguous([survey]));
  const besideWhole = grouped.some(({ short }) => short > 0) && grouped.every(({ long }) => long === 0);
  if (points > 0 && commas > 0) return { decimal: ".", reason: phrase("table.decimal-both") };
  if (besideWhole) return { decimal: commas > 0 ? "." : ",", reason: phrase("table.decimal-beside-whole") };
  if (points > 0) return { decimal: ".", reason: phrase("table.decimal-point") };
  return {
    decimal: ",",
    reason: phrase(separator === ";" ? "table.decimal-semicolon" : "table.decimal-comma"),
  };
}

/**
 * @param {readonly Survey[]} surveys
 * @param {number} formats bits
 * @returns {number} cells that are numbers in one of these formats
 */
function countIn(surveys, formats) {
  let sum = 0;
  for (const survey of surveys)
    for (const [bits, count] of survey.formats) if ((bits & formats) !== 0) sum += count;
  return sum;
}

/**
 * @param {readonly Survey[]} surveys
 * @param {number} formats bits
 * @returns {number} cells that are numbers in these formats and no others
 */
function countExactly(surveys, formats) {
  return surveys.reduce((sum, survey) => sum + (survey.formats.get(formats) ?? 0), 0);
}
