/** Undo and redo of a drawing of points: pure functions. */

import { MOST_POINTS, NO_POINTS } from "./point-set.js";

/** @import { Point, PointSet } from "./point-set.js" */

/**
 * @typedef {object} Drawing
 * @property {PointSet} present
 * @property {readonly PointSet[]} past the oldest first
 * @property {readonly PointSet[]} future the next first
 */

/** Most steps that can be undone. */
const DEPTH = 200;

/**
 * @param {PointSet} [present]
 * @returns {Drawing}
 */
export function createDrawing(present = NO_POINTS) {
  return { present, past: [], future: [] };
}

/**
 * Sets the present points; changes within one stroke are one step.
 * @param {Drawing} drawing
 * @param {PointSet} present
 * @param {boolean} [goesOn] whether this belongs to the step before
 * @returns {Drawing}
 */
export function withPresent(drawing, present, goesOn = false) {
  if (present === drawing.present) return drawing;
  const past = goesOn ? drawing.past : [...drawing.past, drawing.present].slice(-DEPTH);
  return { present, past, future: [] };
}

/**
 * @param {Drawing} drawing
 * @returns {Drawing}
 */
export function undone(drawing) {
  const present = drawing.past.at(-1);
  if (!present) return drawing;
  return { present, past: drawing.past.slice(0, -1), future: [drawing.present, ...drawing.future] };
}

/**
 * @param {Drawing} drawing
 * @returns {Drawing}
 */
export function redone(drawing) {
  const [present, ...future] = drawing.future;
  if (!present) return drawing;
  return { present, past: [...drawing.past, drawing.present], future };
}

/**
 * Adds points, up to the limit.
 * @param {PointSet} set
 * @param {readonly Point[]} points
 * @returns {PointSet} the same if the limit is reached
 */
export function withPoints(set, points) {
  const room = points.slice(0, Math.max(0, MOST_POINTS - set.points.length));
  return room.length === 0 ? set : { ...set, points: [...set.points, ...room] };
}

/**
 * Rounds a position to two decimals, as drawn points have.
 * @param {readonly [number, number]} place
 * @returns {[x1: number, x2: number]}
 */
export function roundPlace([x1, x2]) {
  return [Number(x1.toFixed(2)), Number(x2.toFixed(2))];
}

/** The farthest that `roundPlace` moves a position, and a little more. */
const ROUNDING = 0.0071;

/**
 * Removes the points within a circle, with those that were within it before their positions were rounded.
 * @param {PointSet} set
 * @param {number} x1
 * @param {number} x2
 * @param {number} radius
 * @returns {PointSet} the same if there are none
 */
export function withoutCircle(set, x1, x2, radius) {
  const points = set.points.filter((point) => Math.hypot(point[0] - x1, point[1] - x2) > radius + ROUNDING);
  return points.length === set.points.length ? set : { ...set, points };
}

/**
 * Removes the point nearest to a position; of several the last one.
 * @param {PointSet} set
 * @param {number} x1
 * @param {number} x2
 * @returns {PointSet} the same if there is none
 */
export function withoutNearest(set, x1, x2) {
  let nearest = -1;
  let least = Number.POSITIVE_INFINITY;
  set.points.forEach((point, index) => {
    const distance = Math.hypot(point[0] - x1, point[1] - x2);
    if (distance > least) return;
    least = distance;
    nearest = index;
  });
  return nearest < 0 ? set : { ...set, points: set.points.toSpliced(nearest, 1) };
}

/**
 * Positions at equal distances from one position, which is not included, towards another.
 * @param {readonly [number, number]} from
 * @param {readonly [number, number]} to
 * @param {number} distance
 * @returns {[x1: number, x2: number][]}
 */
export function placesAlong(from, to, distance) {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  const count = Math.floor(length / distance + 1e-9);
  return Array.from({ length: count }, (_, index) => {
    const share = ((index + 1) * distance) / length;
    return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
  });
}

/**
 * Random positions in a circle, uniformly distributed.
 * @param {number} count
 * @param {readonly [number, number]} centre
 * @param {number} radius
 * @param {() => number} random 0 … 1
 * @returns {[x1: number, x2: number][]}
 */
export function placesWithin(count, [x1, x2], radius, random) {
  return Array.from({ length: count }, () => {
    const angle = 2 * Math.PI * random();
    const distance = radius * Math.sqrt(random());
    return [x1 + distance * Math.cos(angle), x2 + distance * Math.sin(angle)];
  });
}
