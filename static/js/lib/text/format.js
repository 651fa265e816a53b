/** Numbers to text and back, the same everywhere on the page, as its language writes them. */

import { formatNumber, MINUS, percentPattern } from "./i18n.js";

/** @type {Intl.NumberFormatOptions} */
const WHOLE = { maximumFractionDigits: 0 };
/** @type {Intl.NumberFormatOptions} */
const PLAIN = { maximumSignificantDigits: 12, useGrouping: false };
/**
 * A fixed number of decimals, by that number.
 * @type {Intl.NumberFormatOptions[]}
 */
const DECIMALS = [0, 1, 2, 3, 4, 5].map((digits) => ({
  minimumFractionDigits: digits,
  maximumFractionDigits: digits,
  useGrouping: false,
}));

/**
 * A whole number with grouping: 1234567 is "1,234,567".
 * @param {number} value
 * @returns {string}
 */
export function formatCount(value) {
  return formatNumber(value, WHOLE);
}

/**
 * A value at its natural length, without the noise of binary fractions: 0.1 + 0.2 is "0.3".
 * @param {number} value
 * @returns {string}
 */
export function formatPlain(value) {
  return formatNumber(value, PLAIN);
}

/**
 * A number with a fixed number of decimals, 0 … 5.
 * @param {number} value
 * @param {number} digits
 * @returns {string}
 */
export function formatFixed(value, digits) {
  return formatNumber(value, DECIMALS[digits]);
}

/**
 * A number as a power of ten: 0.00012 is "1.2e−4".
 * @param {number} value
 * @param {number} [digits] decimals before the power
 * @returns {string}
 */
function formatPower(value, digits = 1) {
  const [mantissa = "", exponent = ""] = value.toExponential(digits).split("e");
  return `${formatFixed(Number(mantissa), digits)}e${exponent.replace("+", "").replace("-", MINUS)}`;
}

/** @type {Intl.NumberFormatOptions} */
const EXACT = { minimumSignificantDigits: 6, maximumSignificantDigits: 6, useGrouping: false };

/**
 * A loss to be read off: six significant digits.
 * @param {number} value
 * @returns {string}
 */
export function formatExact(value) {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || size === 0) return formatLoss(value);
  return size < 0.0001 || size >= 1e6 ? formatPower(value, 5) : formatNumber(value, EXACT);
}

/**
 * A loss: four decimals in the usual range, powers of ten beyond it.
 * @param {number} value
 * @returns {string}
 */
export function formatLoss(value) {
  if (Number.isNaN(value)) return "\u2013";
  if (!Number.isFinite(value)) return value > 0 ? "\u221e" : `${MINUS}\u221e`;
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.0005 || size >= 10_000) return formatPower(value);
  if (size < 10) return formatFixed(value, 4);
  return formatFixed(value, size < 100 ? 3 : 2);
}

/**
 * A weight or bias: three significant digits, with a sign that is as wide as a digit.
 * @param {number} value
 * @returns {string}
 */
export function formatParameter(value) {
  if (!Number.isFinite(value)) return "\u2013";
  const size = Math.abs(value);
  if (size >= 1000 || (size !== 0 && size < 0.001)) return formatPower(value);
  return formatFixed(value, size < 10 ? 3 : 1);
}

/**
 * A share of one as a percentage: 0.5 is "50 %" in English.
 * @param {number} share
 * @param {number} [digits]
 * @returns {string}
 */
export function formatPercent(share, digits = 0) {
  if (!Number.isFinite(share)) return "\u2013";
  return percentPattern().replace("{number}", formatFixed(share * 100, digits));
}

/**
 * Parses a number as people type it: decimal comma or point, spaces, any minus sign.
 * @param {string} text
 * @returns {number} NaN if it is not a number
 */
export function parseDecimal(text) {
  const tidy = text
    .trim()
    .replace(/[\u2212\u2013]/g, "-")
    .replace(/\s/g, "")
    .replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(tidy) ? Number(tidy) : Number.NaN;
}
