/** The undo stack: earlier, present and undone experiments, as plain data with pure functions. */

/**
 * @import { Catalog, Experiment, History, ParameterEdit } from "../types/app.js"
 */

import { isEqual } from "../lib/data/equal.js";
import { getField } from "./experiment.js";

/** How many experiments are kept on either side. */
export const LONGEST = 200;
/** Moves of one slider that follow each other faster than this are one entry, in milliseconds. */
export const SAME_MOVE = 2000;

/**
 * @param {Experiment} experiment
 * @returns {History}
 */
export function beginHistory(experiment) {
  return { past: [], present: experiment, future: [], moved: null };
}

/**
 * The fields in which two experiments differ.
 * @param {Catalog} catalog
 * @param {Experiment} before
 * @param {Experiment} after
 * @returns {string[]} paths
 */
export function changedFields(catalog, before, after) {
  return Object.keys(catalog.fields).filter(
    (path) => !isEqual(getField(before, path), getField(after, path)),
  );
}

/**
 * The field that a change has moved along its scale, if that is all it did: seeds and shapes have no scale.
 * @param {Catalog} catalog
 * @param {Experiment} before
 * @param {Experiment} after
 * @returns {string | null}
 */
function movedField(catalog, before, after) {
  const [path, ...others] = changedFields(catalog, before, after);
  if (path === undefined || others.length > 0) return null;
  const { kind, step, suggestions } = catalog.fields[path] ?? {};
  if (kind === "options") {
    const keys = (/** @type {Experiment} */ experiment) =>
      Object.keys(/** @type {Record<string, number>} */ (getField(experiment, path)));
    return isEqual(keys(before), keys(after)) ? path : null;
  }
  const isNumber = kind === "number" || kind === "integer";
  return isNumber && (step !== undefined || suggestions !== undefined) ? path : null;
}

/**
 * Takes in another experiment. Moves of one slider become one entry, and none if it comes back to where it was.
 * @param {History} history
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {number} time in milliseconds
 * @returns {History}
 */
export function recorded(history, catalog, experiment, time) {
  const { past, present, moved } = history;
  if (isEqual(present, experiment)) return history;
  const field = movedField(catalog, present, experiment);
  const next = {
    present: withSamePoints(present, experiment),
    future: [],
    moved: field === null ? null : { field, time },
  };
  const goesOn = field !== null && moved?.field === field && time - moved.time < SAME_MOVE;
  if (!goesOn) return { ...next, past: [...past, present].slice(-LONGEST) };
  const last = past.at(-1);
  if (last && isEqual(last, experiment)) return { ...next, past: past.slice(0, -1), moved: null };
  return { ...next, past };
}

/**
 * Whether an entry is a parameter set by hand.
 * @param {Experiment | ParameterEdit | undefined} entry
 * @returns {entry is ParameterEdit}
 */
export function isEdit(entry) {
  return entry !== undefined && "address" in entry;
}

/**
 * Takes in a parameter set by hand. One that is set again soon remains one entry.
 * @param {History} history
 * @param {ParameterEdit} edit
 * @param {number} time in milliseconds
 * @returns {History}
 */
export function withEdit({ past, present, moved }, edit, time) {
  const { layer, unit, input } = edit.address;
  const field = `${edit.run}:${layer}:${unit}:${input}`;
  const last = past.at(-1);
  const goesOn = isEdit(last) && moved?.field === field && time - moved.time < SAME_MOVE;
  const entry = goesOn ? { ...edit, before: last.before } : edit;
  const others = goesOn ? past.slice(0, -1) : past;
  return { past: [...others, entry].slice(-LONGEST), present, future: [], moved: { field, time } };
}

/**
 * Own points that did not change are kept once, however many entries have them.
 * @param {Experiment} before
 * @param {Experiment} after
 * @returns {Experiment}
 */
function withSamePoints(before, after) {
  const { points } = before.data;
  if (points === null || points === after.data.points || !isEqual(points, after.data.points)) return after;
  return { ...after, data: { ...after.data, points } };
}

/**
 * One entry back; the same history if there is none.
 * @param {History} history
 * @returns {History}
 */
export function undone(history) {
  const { past, present, future } = history;
  const last = past.at(-1);
  if (!last) return history;
  const [before, after] = isEdit(last) ? [present, last] : [last, present];
  return {
    past: past.slice(0, -1),
    present: before,
    future: [after, ...future].slice(0, LONGEST),
    moved: null,
  };
}

/**
 * One entry forward again; the same history if there is none.
 * @param {History} history
 * @returns {History}
 */
export function redone(history) {
  const { past, present } = history;
  const [next, ...future] = history.future;
  if (!next) return history;
  const [before, after] = isEdit(next) ? [next, present] : [present, next];
  return { past: [...past, before].slice(-LONGEST), present: after, future, moved: null };
}
