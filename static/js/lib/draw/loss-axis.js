/** Range and numbers of a loss axis, linear or logarithmic. */

import { formatPlain } from "../text/format.js";
import { MINUS } from "../text/i18n.js";
import { niceStep } from "./scale.js";

/** Smallest loss that a logarithmic axis shows. */
const SMALLEST = 1e-12;

/**
 * The range of an axis: from 0 to a multiple of a round step, or whole powers of ten.
 * @param {boolean} logarithmic
 * @param {[low: number, high: number]} extremes as a column gives them
 * @param {number} steps about how many steps a linear axis has
 * @returns {[low: number, high: number]}
 */
export function lossDomain(logarithmic, [low, largest], steps) {
  if (!(largest > Number.NEGATIVE_INFINITY)) return logarithmic ? [0.001, 1] : [0, 1];
  const high = Math.min(largest, Number.MAX_VALUE / 10);
  if (!logarithmic) {
    const step = niceStep(high || 1, steps);
    return [0, Math.max(step, Math.ceil((high / step) * 1.0001) * step)];
  }
  const floor = 10 ** Math.floor(Math.log10(Math.max(Math.min(low, high), SMALLEST)));
  const ceiling = 10 ** Math.ceil(Math.log10(Math.max(high, SMALLEST * 10)));
  return [floor, Math.max(ceiling, floor * 10)];
}

/**
 * The smallest and largest of all values of some columns.
 * @param {import("../data/column.js").Column[]} columns
 * @returns {[low: number, high: number]}
 */
export function extremesOf(columns) {
  const pairs = columns.map((column) => column.extremes(0, column.length));
  return [Math.min(...pairs.map(([low]) => low)), Math.max(...pairs.map(([, high]) => high))];
}

/**
 * The number at a tick; powers of ten for very small and very large ones.
 * @param {number} value
 * @returns {string}
 */
export function lossTickText(value) {
  if (value !== 0 && (value >= 1e5 || value < 1e-3))
    return value.toExponential(0).replace("-", MINUS).replace("+", "");
  return formatPlain(value);
}
