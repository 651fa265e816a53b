/**
 * A set of points that the person has drawn or imported. Each has a class and a value, so that the kind can be changed
 * later. As targets, two classes are +1 (class 0) and −1 (class 1), more are their numbers.
 */

/** @import { OwnPoints } from "../types/app.js" */

import { joined, phrase } from "../lib/text/i18n.js";

/** @typedef {readonly [x1: number, x2: number, label: number, value: number]} Point */

/** @typedef {"classes" | "values"} Kind */

/**
 * @typedef {object} PointSet
 * @property {Kind} kind which of the two is the target
 * @property {readonly Point[]} points
 */

/** @typedef {Required<OwnPoints>} Targets as the protocol has them */

export const FEWEST_POINTS = 10;
export const MOST_POINTS = 5000;
export const MOST_CLASSES = 6;
/** Longest JSON of points, in characters, to fit into a message beside the rest of an experiment. */
const MOST_SIGNS = 120_000;
/** Most decimals of `toFixed`. */
export const MOST_DECIMALS = 100;
/** Largest absolute coordinate or value. */
export const FARTHEST = 1000;

/** @type {PointSet} */
export const NO_POINTS = { kind: "classes", points: [] };

/**
 * A point with a class; its value is +1 or −1, as for two classes.
 * @param {number} x1
 * @param {number} x2
 * @param {number} label
 * @returns {Point}
 */
export function labelledPoint(x1, x2, label) {
  return [x1, x2, label, label === 0 ? 1 : -1];
}

/**
 * A point with a value; its class is that of the sign.
 * @param {number} x1
 * @param {number} x2
 * @param {number} value
 * @returns {Point}
 */
export function valuedPoint(x1, x2, value) {
  return [x1, x2, value < 0 ? 1 : 0, value];
}

/**
 * The number of points of each class.
 * @param {readonly Point[]} points
 * @returns {number[]} by class
 */
export function countClasses(points) {
  const counts = Array(MOST_CLASSES).fill(0);
  for (const [, , label] of points) counts[label] += 1;
  return counts;
}

/**
 * The number of classes: up to the last one that has points, and at least two.
 * @param {readonly Point[]} points
 * @returns {number}
 */
export function classesOfPoints(points) {
  return points.reduce((most, [, , label]) => Math.max(most, label + 1), 2);
}

/**
 * Validates a set: why it cannot be used, and remarks.
 * @param {PointSet} set
 * @returns {{ refusal: string | null, remarks: string[] }} sentences
 */
export function judge(set) {
  const { kind, points } = set;
  const refusal = refuse(kind, points);
  const remarks = [];
  if (kind === "classes") {
    const counts = countClasses(points).slice(0, classesOfPoints(points));
    const empty = counts.flatMap((count, label) => (count === 0 ? [label] : []));
    if (refusal === null && empty.length > 0)
      remarks.push(
        empty.length === 1
          ? phrase("points.empty-class", { label: String(empty[0]) })
          : phrase("points.empty-classes", { labels: joined(empty.map(String)) }),
      );
  } else if (refusal === null && points.every(([, , , value]) => Math.abs(value) === 1)) {
    remarks.push(phrase("points.signs"));
  }
  const outside = countOutside(points);
  if (outside > 0) remarks.push(phrase("points.outside", { count: outside }));
  const { wanted, digits } = decimalsOf(columnsOf(set));
  // With two digits less, only ten steps may be left between the farthest points.
  if (digits.some((count, column) => count < (wanted[column] ?? 0) - 1))
    remarks.push(phrase("points.rounded"));
  return { refusal, remarks };
}

/**
 * @param {Kind} kind
 * @param {readonly Point[]} points
 * @returns {string | null}
 */
function refuse(kind, points) {
  const count = points.length;
  if (count < FEWEST_POINTS)
    return count === 0
      ? phrase("points.none-yet", { fewest: FEWEST_POINTS })
      : phrase("points.too-few", {
          fewest: FEWEST_POINTS,
          more: phrase("count.more-points", { count: FEWEST_POINTS - count }),
        });
  if (count > MOST_POINTS) return phrase("points.too-many", { most: MOST_POINTS, there: count });
  const [first] = points;
  if (!first) return null;
  if (points.every(([x1, x2]) => x1 === first[0] && x2 === first[1])) return phrase("points.one-place");
  if (kind === "classes" && points.every(([, , label]) => label === first[2]))
    return phrase("points.one-class", { label: String(first[2]) });
  if (kind === "values" && points.every(([, , , value]) => value === first[3]))
    return phrase("points.one-value");
  return null;
}

/**
 * @param {readonly Point[]} points
 * @param {number} [edge] of the picture
 * @returns {number}
 */
export function countOutside(points, edge = 6) {
  return points.filter(([x1, x2]) => Math.abs(x1) > edge || Math.abs(x2) > edge).length;
}

/**
 * Decimals that distinguish numbers: three to four digits of the largest one, and of their range.
 * @param {readonly number[]} numbers
 * @returns {number}
 */
export function decimalsFor(numbers) {
  const low = numbers.reduce((least, number) => Math.min(least, number), Number.POSITIVE_INFINITY);
  const high = numbers.reduce((most, number) => Math.max(most, number), Number.NEGATIVE_INFINITY);
  const largest = Math.max(-low, high);
  const least = largest < 10 ? 3 : largest < 100 ? 2 : 1;
  return high > low ? Math.max(least, 3 - Math.floor(Math.log10(high - low))) : least;
}

/**
 * The decimals to which points are rounded, by column: fewer than distinguish all numbers if the points would be too
 * long for a message.
 * @param {readonly (readonly number[])[]} columns
 * @returns {{ wanted: number[], digits: number[] }}
 */
function decimalsOf(columns) {
  const wanted = columns.map(decimalsFor);
  const digits = wanted.map((count) => Math.min(MOST_DECIMALS, count));
  // Each number has a sign, its whole digits, a point and a comma; each point has two brackets.
  const whole = columns.map((column) =>
    Math.trunc(column.reduce((most, number) => Math.max(most, Math.abs(number)), 0)),
  );
  const taken = whole.reduce((sum, number) => sum + Math.min(3, String(number).length) + 3, 2);
  const room = MOST_SIGNS / Math.max(1, columns[0]?.length ?? 0) - taken;
  while (digits.reduce((sum, count) => sum + count, 0) > room) {
    const most = digits.indexOf(Math.max(...digits));
    digits[most] = (digits[most] ?? 0) - 1;
  }
  return { wanted, digits };
}

/**
 * The columns of a set that an experiment has.
 * @param {PointSet} set
 * @returns {number[][]} x1, x2 and, if values are the target, these
 */
function columnsOf({ kind, points }) {
  return (kind === "values" ? [0, 1, 3] : [0, 1]).map((column) => points.map((point) => point[column] ?? 0));
}

/**
 * Converts a set to the points of an experiment.
 * @param {PointSet} set
 * @returns {Targets}
 */
export function toTargets(set) {
  const { kind, points } = set;
  const { digits } = decimalsOf(columnsOf(set));
  const round = (/** @type {number} */ number, /** @type {number} */ column) =>
    Number(number.toFixed(digits[column])) || 0;
  const classes = classesOfPoints(points);
  const targetOf = (/** @type {Point} */ [, , label, value]) => {
    if (kind === "values") return round(value, 2);
    return classes > 2 ? label : label === 0 ? 1 : -1;
  };
  return {
    points: points.map((point) => [round(point[0], 0), round(point[1], 1), targetOf(point)]),
    point_classes: kind === "classes" ? classes : 2,
  };
}

/**
 * Converts the points of an experiment to a set.
 * @param {number[][]} points x1, x2, target of each
 * @param {number} classes how many there are; 0 for values
 * @returns {PointSet}
 */
export function fromTargets(points, classes) {
  if (classes === 0)
    return {
      kind: "values",
      points: points.map(([x1 = 0, x2 = 0, value = 0]) => valuedPoint(x1, x2, value)),
    };
  const labelOf = (/** @type {number} */ target) => (classes > 2 ? target : target < 0 ? 1 : 0);
  return {
    kind: "classes",
    points: points.map(([x1 = 0, x2 = 0, target = 0]) => labelledPoint(x1, x2, labelOf(target))),
  };
}

/**
 * The points of a data set for its thumbnail: two classes have the colours of their values, +1 and −1.
 * @param {number[][]} points x1, x2, target of each
 * @param {number} classes number of classes; 0 for values
 * @returns {PointSet}
 */
export function thumbnailSet(points, classes) {
  return fromTargets(points, classes > 2 ? classes : 0);
}

/**
 * @param {Targets | null} one
 * @param {Targets | null} other
 * @returns {boolean}
 */
export function sameTargets(one, other) {
  if (one === other) return true;
  if (one === null || other === null) return false;
  if (one.point_classes !== other.point_classes || one.points.length !== other.points.length) return false;
  return one.points.every((point, index) => {
    const same = other.points[index];
    return same !== undefined && point.every((number, column) => number === same[column]);
  });
}

/**
 * Validates a stored set; null if it is none.
 * @param {unknown} stored
 * @returns {PointSet | null}
 */
export function readPointSet(stored) {
  if (stored === null || typeof stored !== "object") return null;
  const { kind, points } = /** @type {Record<string, unknown>} */ (stored);
  if ((kind !== "classes" && kind !== "values") || !Array.isArray(points)) return null;
  const sound = points.every(
    (point) =>
      Array.isArray(point) &&
      point.length === 4 &&
      point.every((number) => Number.isFinite(number) && Math.abs(number) <= FARTHEST) &&
      Number.isInteger(point[2]) &&
      point[2] >= 0 &&
      point[2] < MOST_CLASSES,
  );
  return sound && points.length <= MOST_POINTS ? { kind, points } : null;
}

/**
 * Validates stored own points; null if they are none.
 * @param {unknown} stored
 * @returns {Targets | null}
 */
export function readTargets(stored) {
  if (stored === null || typeof stored !== "object") return null;
  const record = /** @type {Record<string, unknown>} */ (stored);
  // A former version of the page has stored `pointClasses`.
  const { points, point_classes = record.pointClasses } = record;
  if (!Array.isArray(points) || points.length < FEWEST_POINTS || points.length > MOST_POINTS) return null;
  if (!Number.isInteger(point_classes) || Number(point_classes) < 2 || Number(point_classes) > MOST_CLASSES)
    return null;
  const sound = points.every(
    (point) =>
      Array.isArray(point) &&
      point.length === 3 &&
      point.every((number) => Number.isFinite(number) && Math.abs(number) <= FARTHEST),
  );
  return sound ? { points, point_classes: Number(point_classes) } : null;
}
