/** Converts a table to points: scales coordinates and values, and selects rows if there are too many. */

import { createRandom, sampleIndexes } from "../lib/data/random.js";
import { formatPlain } from "../lib/text/format.js";
import { formatNumber, phrase } from "../lib/text/i18n.js";
import { FARTHEST, labelledPoint, MOST_POINTS, valuedPoint } from "./point-set.js";

/** @import { Kind, Point, PointSet } from "./point-set.js" */
/** @import { Table } from "./tables/table-reader.js" */

/**
 * @typedef {object} Wishes
 * @property {Kind} kind
 * @property {boolean} fit whether coordinates are scaled to fill the picture
 * @property {boolean} fitValues whether values are scaled to −1 … 1
 * @property {"random" | "first"} pick which rows are selected if there are too many
 */

/**
 * @typedef {object} Scaling of a number x to (x − shift) · factor
 * @property {number} shift
 * @property {number} factor
 */

/** Largest fitted coordinate, a little inside the picture. */
const REACH = 5;
/**
 * All digits of a number.
 * @type {Intl.NumberFormatOptions}
 */
const EXACT = { maximumSignificantDigits: 15, useGrouping: false };
/** Fixed seed, so that a random selection of rows is always the same. */
const SEED = 1;

/**
 * The scaling of coordinates to fill the picture, and of values to −1 … 1.
 * @param {Table} table
 * @returns {{ axes: [Scaling, Scaling], value: Scaling | null, farthest: number, largest: number, beyond: number }} with the
 *   largest coordinate and value, and the number of points outside the picture
 */
export function measure({ rows, values }) {
  const axes = /** @type {[Scaling, Scaling]} */ (
    [0, 1].map((axis) => scalingOf(rows, (row) => Number(row[axis]), REACH))
  );
  const value = values === null ? null : scalingOf(values, (number) => number, 1);
  let farthest = 0;
  let beyond = 0;
  for (const [x1, x2] of rows) {
    const far = Math.max(Math.abs(x1), Math.abs(x2));
    if (far > 6) beyond += 1;
    if (far > farthest) farthest = far;
  }
  const largest = values?.reduce((most, number) => Math.max(most, Math.abs(number)), 0) ?? 0;
  return { axes, value, farthest, largest, beyond };
}

/**
 * The scaling that maps the range of some numbers to −reach … reach.
 * @template Item
 * @param {readonly Item[]} items
 * @param {(item: Item) => number} numberOf
 * @param {number} reach
 * @returns {Scaling}
 */
function scalingOf(items, numberOf, reach) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    const number = numberOf(item);
    if (number < low) low = number;
    if (number > high) high = number;
  }
  if (!(high >= low)) return { shift: 0, factor: 1 };
  const half = high / 2 - low / 2;
  const middle = low / 2 + high / 2;
  if (half === 0 || !Number.isFinite(reach / half)) return { shift: middle, factor: 1 };
  if (Math.abs(middle) < half / 1e4) return { shift: 0, factor: neat(reach / half, 5) };
  // Far from zero the shift needs more digits to be the middle.
  const digits = 5 + Math.max(0, Math.ceil(Math.log10(Math.abs(middle) / half || 1)));
  return { shift: neat(middle, Math.min(15, digits)), factor: neat(reach / half, 5) };
}

/**
 * Rounds to the digits that are shown, so that the formula shown is the one applied.
 * @param {number} number
 * @param {number} digits
 * @returns {number}
 */
function neat(number, digits) {
  return Number(number.toPrecision(digits));
}

/**
 * @param {string} name
 * @param {Scaling} scaling
 * @returns {string}
 */
export function formula(name, { shift, factor }) {
  const moved =
    shift === 0 ? name : `(${name} ${shift > 0 ? "\u2212" : "+"} ${formatNumber(Math.abs(shift), EXACT)})`;
  return phrase("table.formula", { name, moved, factor: formatPlain(factor) });
}

/**
 * Why a table cannot be converted with these options, as a sentence; null if it can.
 * @param {Table} table
 * @param {Wishes} wishes
 * @returns {string | null}
 */
export function objection(table, { kind, fit, fitValues }) {
  const { farthest, largest } = measure(table);
  if (!fit && farthest > FARTHEST)
    return phrase("table.far-coordinates", { reach: formatPlain(farthest), most: FARTHEST });
  if (kind === "values" && !fitValues && largest > FARTHEST)
    return phrase("table.far-values", { reach: formatPlain(largest), most: FARTHEST });
  return null;
}

/**
 * @param {Table} table
 * @param {Wishes} wishes
 * @returns {PointSet}
 */
export function toPoints(table, { kind, fit, fitValues, pick }) {
  const { rows, classes, values } = table;
  const { axes, value } = measure(table);
  const [line1, line2] = axes;
  const taken =
    pick === "random"
      ? sampleIndexes(rows.length, Math.min(rows.length, MOST_POINTS), createRandom(SEED))
      : Array.from({ length: Math.min(rows.length, MOST_POINTS) }, (_, index) => index);
  const points = taken.map((index) => {
    const [x1 = 0, x2 = 0] = rows[index] ?? [];
    const at1 = fit ? apply(line1, x1) : x1;
    const at2 = fit ? apply(line2, x2) : x2;
    if (kind === "classes") return labelledPoint(at1, at2, classes?.[index] ?? 0);
    const number = values?.[index] ?? 0;
    return valuedPoint(at1, at2, value && fitValues ? apply(value, number) : number);
  });
  return { kind, points: /** @type {Point[]} */ (points) };
}

/**
 * @param {Scaling} scaling
 * @param {number} number
 * @returns {number}
 */
function apply({ shift, factor }, number) {
  return (number - shift) * factor;
}
