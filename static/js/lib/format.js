/** Numbers to text and back, the same everywhere on the page. */

const grouping = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** The true minus sign, as wide as a digit. */
const MINUS = "\u2212";

/**
 * A whole number with grouping: 1234567 is "1,234,567".
 * @param {number} value
 * @returns {string}
 */
export function formatCount(value) {
  return grouping.format(value);
}

/**
 * A value at its natural length, without the noise of binary fractions: 0.1 + 0.2 is "0.3".
 * @param {number} value
 * @returns {string}
 */
export function formatPlain(value) {
  return String(Number(value.toPrecision(12))).replace("-", MINUS);
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
  if (size < 0.0005 || size >= 10_000) return value.toExponential(1).replace(/-/g, MINUS).replace("+", "");
  if (size < 10) return value.toFixed(4);
  return value.toFixed(size < 100 ? 3 : 2);
}

/**
 * A weight or bias: three significant digits, with a sign that is as wide as a digit.
 * @param {number} value
 * @returns {string}
 */
export function formatParameter(value) {
  if (!Number.isFinite(value)) return "\u2013";
  const text =
    Math.abs(value) >= 1000 || (value !== 0 && Math.abs(value) < 0.001)
      ? value.toExponential(1)
      : value.toFixed(Math.abs(value) < 10 ? 3 : 1);
  return text.replace(/-/g, MINUS).replace("+", "");
}

/**
 * A share of one as a percentage: 0.5 is "50 %".
 * @param {number} share
 * @param {number} [digits]
 * @returns {string}
 */
export function formatPercent(share, digits = 0) {
  if (!Number.isFinite(share)) return "\u2013";
  return `${(share * 100).toFixed(digits)}\u202f%`;
}

/**
 * A number as people type it: decimal comma or point, spaces, any minus sign.
 * @param {string} text
 * @returns {number} NaN when it is none
 */
export function parseDecimal(text) {
  const tidy = text
    .trim()
    .replace(/[\u2212\u2013]/g, "-")
    .replace(/\s/g, "")
    .replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(tidy) ? Number(tidy) : Number.NaN;
}

/**
 * One, or several: plural(1, "unit") is "1 unit".
 * @param {number} count
 * @param {string} noun
 * @returns {string}
 */
export function plural(count, noun) {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
