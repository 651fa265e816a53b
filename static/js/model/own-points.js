/** Own points in an experiment: in the state, and which other fields they make meaningless. */

/**
 * @import { PointSet, Targets } from "../own-data/point-set.js"
 * @import { Experiment, Points } from "../types/app.js"
 */

import { createRandom, sampleIndexes } from "../lib/data/random.js";
import { fromTargets, MOST_POINTS, sameTargets } from "../own-data/point-set.js";

/** Fields that apply to generated data sets only. */
const OF_DATA_SETS = ["data.noise", "data.minority_share"];
/** Fields that follow from the points. */
const FIXED = ["data.samples"];

/**
 * @param {Experiment} experiment
 * @returns {Targets | null}
 */
export function ownPoints({ data: { points, point_classes } }) {
  return points === null ? null : { points, point_classes };
}

/**
 * The own points of an experiment, or the previous ones if it has none. Equal points stay the same object.
 * @param {Targets | null} before
 * @param {Experiment} experiment
 * @returns {Targets | null}
 */
export function lastPoints(before, experiment) {
  const now = ownPoints(experiment);
  return now === null || sameTargets(before, now) ? before : now;
}

/**
 * Whether a field applies to own points.
 * @param {Experiment} experiment
 * @param {string} path
 * @returns {boolean}
 */
export function appliesToPoints(experiment, path) {
  return experiment.data.points === null || !OF_DATA_SETS.includes(path);
}

/**
 * Whether a field follows from own points, so that it cannot be set.
 * @param {Experiment} experiment
 * @param {string} path
 * @returns {boolean}
 */
export function followsFromPoints(experiment, path) {
  return experiment.data.points !== null && FIXED.includes(path);
}

/**
 * The points last used, as a point set.
 * @param {Targets | null} targets
 * @returns {PointSet | null}
 */
export function ownSet(targets) {
  if (targets === null) return null;
  const { points, point_classes } = targets;
  return fromTargets(points, countClasses(targets, point_classes));
}

/**
 * @param {Targets} targets
 * @param {number} classes
 */
function countClasses({ points }, classes) {
  if (classes > 2) return classes;
  return points.every(([, , target = 0]) => Math.abs(target) === 1) ? 2 : 0;
}

/**
 * The samples of the present run as own points; a random selection if there are too many.
 * @param {Points} samples
 * @param {number} classes 0 for values
 * @returns {PointSet | null} null while there are none
 */
export function fromSamples({ train, test, validation }, classes) {
  /** @type {number[][]} */
  const points = [];
  for (const part of [train, validation, test]) {
    for (let index = 0; index + 2 < part.length; index += 3) {
      const [x1 = 0, x2 = 0, target = 0] = part.subarray(index, index + 3);
      points.push([short(x1), short(x2), short(target)]);
    }
  }
  if (points.length === 0) return null;
  const selected = sampleIndexes(points.length, Math.min(points.length, MOST_POINTS), createRandom(1));
  return fromTargets(
    selected.map((index) => points[index] ?? []),
    classes,
  );
}

/**
 * Rounds to three decimals, the precision of a 32-bit coordinate.
 * @param {number} number
 */
function short(number) {
  return Number(number.toFixed(3)) || 0;
}
