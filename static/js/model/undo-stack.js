/** The undo stack: earlier, present and undone experiments, as plain data with pure functions. */

/**
 * @import { Catalog, Experiment, UndoStack, ParameterEdit } from "../types/app.js"
 */

import { isEqual } from "../lib/data/equal.js";
import { getField } from "./experiment.js";

/** Most entries on either side. */
export const LONGEST = 200;
/** Moves of one slider within this time are one entry, in milliseconds. */
export const SAME_MOVE = 2000;

/**
 * @param {Experiment} experiment
 * @returns {UndoStack}
 */
export function createUndoStack(experiment) {
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
 * The numeric field with a scale that a change has moved, if it changed nothing else. Seeds and shapes have no scale.
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
 * Adds an experiment. Moves of one slider are one entry, and none if it returns to its start.
 * @param {UndoStack} stack
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {number} time in milliseconds
 * @returns {UndoStack}
 */
export function withExperiment(stack, catalog, experiment, time) {
  const { past, present, moved } = stack;
  if (isEqual(present, experiment)) return stack;
  const field = movedField(catalog, present, experiment);
  const next = {
    present: withSamePoints(present, experiment),
    future: [],
    moved: field === null ? null : { field, time },
  };
  const continues = field !== null && moved?.field === field && time - moved.time < SAME_MOVE;
  if (!continues) return { ...next, past: [...past, present].slice(-LONGEST) };
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
 * Adds a parameter set by hand. Quick changes of the same parameter are one entry.
 * @param {UndoStack} stack
 * @param {ParameterEdit} edit
 * @param {number} time in milliseconds
 * @returns {UndoStack}
 */
export function withEdit({ past, present, moved }, edit, time) {
  const { layer, unit, input } = edit.address;
  const field = `${edit.run}:${layer}:${unit}:${input}`;
  const last = past.at(-1);
  const continues = isEdit(last) && moved?.field === field && time - moved.time < SAME_MOVE;
  const entry = continues ? { ...edit, before: last.before } : edit;
  const others = continues ? past.slice(0, -1) : past;
  return { past: [...others, entry].slice(-LONGEST), present, future: [], moved: { field, time } };
}

/**
 * Shares equal own points between entries.
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
 * Goes back by one entry; returns the same stack if there is none.
 * @param {UndoStack} stack
 * @returns {UndoStack}
 */
export function undone(stack) {
  const { past, present, future } = stack;
  const last = past.at(-1);
  if (!last) return stack;
  const [before, after] = isEdit(last) ? [present, last] : [last, present];
  return {
    past: past.slice(0, -1),
    present: before,
    future: [after, ...future].slice(0, LONGEST),
    moved: null,
  };
}

/**
 * Goes forward by one entry; returns the same stack if there is none.
 * @param {UndoStack} stack
 * @returns {UndoStack}
 */
export function redone(stack) {
  const { past, present } = stack;
  const [next, ...future] = stack.future;
  if (!next) return stack;
  const [before, after] = isEdit(next) ? [next, present] : [present, next];
  return { past: [...past, before].slice(-LONGEST), present: after, future, moved: null };
}
