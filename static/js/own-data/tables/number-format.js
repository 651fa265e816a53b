/** Number formats of tables: decimal and thousands marks, the formats that a cell is valid in, and its value. */

/**
 * @typedef {object} NumberFormat
 * @property {string} value its name among the choices
 * @property {"." | ","} decimal
 * @property {"" | "," | "." | " " | "'"} thousands
 */

/** @type {readonly NumberFormat[]} The simplest first. */
export const FORMATS = [
  { value: "point", decimal: ".", thousands: "" },
  { value: "comma", decimal: ",", thousands: "" },
  { value: "point-with-comma-thousands", decimal: ".", thousands: "," },
  { value: "comma-with-point-thousands", decimal: ",", thousands: "." },
  { value: "point-with-space-thousands", decimal: ".", thousands: " " },
  { value: "comma-with-space-thousands", decimal: ",", thousands: " " },
  { value: "point-with-apostrophe-thousands", decimal: ".", thousands: "'" },
  { value: "comma-with-apostrophe-thousands", decimal: ",", thousands: "'" },
];

/** Sets of formats are bits: bit i is FORMATS[i]. */
export const ALL = 2 ** FORMATS.length - 1;
const POINTS = bits((format) => format.decimal === ".");
const COMMAS = ALL - POINTS;
/** The formats of a number such as 1.234, whose mark may be that of decimals or of thousands. */
export const POINT_OR_THOUSANDS = POINTS | bits((format) => format.thousands === ".");
export const COMMA_OR_THOUSANDS = COMMAS | bits((format) => format.thousands === ",");

/** Formats of most cells in most tables, which are tried first. */
const USUAL = /^-?\d+\.\d+$/;
const USUAL_FRACTION = /^-?\d+\.(?:\d\d?|\d{4,})$/;
const WHOLE = /^[+-]?\d+$/;
/** A point may stand at the end, as programs write 5.0; a comma there separates. */
const ONE_MARK = /^[+-]?(?:\d+(\.)|\d*([.,])\d+)(?:e[+-]?\d+)?$/i;
const PLAIN_POWER = /^[+-]?\d+e[+-]?\d+$/i;
const THREE_BEHIND = /^[+-]?[1-9]\d{0,2}[.,]\d{3}$/;
/** Necessary for a cell to be a number in any format. */
const NUMBER_LIKE = /^[+-]?[\d.,' ]*\d[\d.,' ]*(?:e[+-]?\d+)?$/i;
/** With thousands marks, also as in India: 12,34,567. */
const GROUPED = FORMATS.map(({ decimal, thousands }) =>
  thousands === ""
    ? null
    : new RegExp(
        `^[+-]?(?:[1-9]\\d{0,2}(?:G\\d{3})+|[1-9]\\d?(?:G\\d{2})+G\\d{3})(?:D\\d+)?$`
          .replaceAll("G", literal(thousands))
          .replaceAll("D", literal(decimal)),
      ),
);

/**
 * @param {(format: NumberFormat) => boolean} has
 * @returns {number}
 */
function bits(has) {
  return FORMATS.reduce((sum, format, index) => sum + (has(format) ? 2 ** index : 0), 0);
}

/**
 * @param {string} sign
 * @returns {string} escaped for a regular expression
 */
function literal(sign) {
  return sign === "." ? "\\." : sign;
}

/**
 * Normalizes a cell to ASCII: full-width digits, the minus sign, narrow spaces and typographic apostrophes.
 * @param {string} cell
 * @returns {string}
 */
function tidy(cell) {
  // Fast path for most cells.
  if (/^[\d.+-]*$/.test(cell)) return cell;
  return cell
    .normalize("NFKC")
    .replace(/[\u2212\u2013]/g, "-")
    .replace(/[\u2019\u02bc]/g, "'")
    .replace(/^([+-])\s+/, "$1");
}

/**
 * The formats in which a cell is a number.
 * @param {string} cell
 * @returns {number} bits; 0 if it is none
 */
export function formatsOf(cell) {
  if (USUAL_FRACTION.test(cell)) return POINTS;
  const text = tidy(cell);
  if (WHOLE.test(text) || PLAIN_POWER.test(text)) return ALL;
  const mark = ONE_MARK.exec(text);
  if (mark) {
    const point = (mark[1] ?? mark[2]) === ".";
    if (THREE_BEHIND.test(text)) return point ? POINT_OR_THOUSANDS : COMMA_OR_THOUSANDS;
    return point ? POINTS : COMMAS;
  }
  if (!NUMBER_LIKE.test(text)) return 0;
  return bits((format) => GROUPED[FORMATS.indexOf(format)]?.test(text) ?? false);
}

/**
 * @param {string} cell
 * @param {NumberFormat} format
 * @returns {number} NaN if it is none; infinite if it is too large
 */
export function parseNumber(cell, { decimal, thousands, value }) {
  if (decimal === "." && USUAL.test(cell)) return Number(cell);
  const text = tidy(cell);
  if (WHOLE.test(text) || PLAIN_POWER.test(text)) return Number(text);
  const mark = ONE_MARK.exec(text);
  if (mark && (mark[1] ?? mark[2]) === decimal) return Number(text.replace(",", "."));
  const index = FORMATS.findIndex((format) => format.value === value);
  if (!GROUPED[index]?.test(text)) return Number.NaN;
  return Number(text.replaceAll(thousands, "").replace(",", "."));
}
