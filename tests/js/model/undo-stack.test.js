import assert from "node:assert/strict";
import { test } from "node:test";
import { withField } from "../../../static/js/model/experiment.js";
import {
  changedFields,
  createUndoStack,
  LONGEST,
  redone,
  SAME_MOVE,
  undone,
  withEdit,
  withExperiment,
} from "../../../static/js/model/undo-stack.js";
import { EXPERIMENT } from "../support/catalog.js";
import { WHOLE } from "../support/fields.js";

/** @import { UndoStack } from "../../../static/js/types/app.js" */

const start = createUndoStack(EXPERIMENT);

/**
 * @param {UndoStack} stack
 * @param {string} path
 * @param {unknown} value
 * @param {number} time
 */
const change = (stack, path, value, time) =>
  withExperiment(stack, WHOLE, withField(stack.present, path, value), time);

test("what is taken back can be done again, until something else is done", () => {
  const changed = change(change(start, "data.seed", 1, 0), "data.seed", 2, 1);

  const back = undone(undone(changed));
  assert.equal(back.present, EXPERIMENT);
  assert.equal(undone(back), back);
  assert.equal(redone(redone(back)).present.data.seed, 2);
  assert.equal(redone(changed), changed);
  assert.deepEqual(change(undone(changed), "data.noise", 0.2, 2).future, []);
});

test("moves of one slider are one entry, however many they are", () => {
  let stack = change(start, "data.seed", 7, 0);
  for (let index = 1; index <= 5; index++) stack = change(stack, "data.noise", index / 20, index * 500);

  assert.equal(stack.past.length, 2);
  assert.equal(undone(stack).present.data.noise, 0);
  assert.equal(undone(stack).present.data.seed, 7);
});

test("a slider that is moved again later, or another one, is an entry of its own", () => {
  const first = change(start, "data.noise", 0.1, 0);

  assert.equal(change(first, "data.noise", 0.2, SAME_MOVE).past.length, 2);
  assert.equal(change(first, "training.learning_rate", 0.1, 1).past.length, 2);
});

test("a slider that comes back to where it was leaves no entry", () => {
  const stack = change(change(start, "data.noise", 0.1, 0), "data.noise", 0, 1);

  assert.deepEqual(stack.past, []);
});

test("seeds are no slider: every one is an entry", () => {
  assert.equal(change(change(start, "data.seed", 1, 0), "data.seed", 2, 1).past.length, 2);
});

test("options of one choice are moved, another choice is not", () => {
  const momentum = withField(EXPERIMENT, "training.optimizer", "momentum");
  const begun = createUndoStack(withField(momentum, "training.optimizer_options", { momentum: 0.9 }));
  const moved = change(begun, "training.optimizer_options", { momentum: 0.8 }, 0);

  assert.equal(change(moved, "training.optimizer_options", { momentum: 0.7 }, 1).past.length, 1);
  assert.equal(change(moved, "training.optimizer_options", {}, 1).past.length, 2);
});

test("the same experiment again is no entry", () => {
  assert.equal(withExperiment(start, WHOLE, structuredClone(EXPERIMENT), 0), start);
});

test("it does not grow for ever", () => {
  let stack = start;
  for (let seed = 1; seed <= LONGEST + 20; seed++) stack = change(stack, "data.seed", seed, seed);

  assert.equal(stack.past.length, LONGEST);
  assert.deepEqual(stack.past[0], withField(EXPERIMENT, "data.seed", 20));
});

test("own points that stay are kept once", () => {
  const points = Array.from({ length: 12 }, (_, index) => [index, 0, index % 2 ? 1 : -1]);
  const own = createUndoStack(withField(EXPERIMENT, "data.points", points));
  const next = withExperiment(own, WHOLE, structuredClone(withField(own.present, "data.seed", 3)), 0);

  assert.equal(next.present.data.seed, 3);
  assert.equal(next.present.data.points, points);
});

test("the fields that differ are named", () => {
  const other = withField(withField(EXPERIMENT, "network.hidden", [3]), "data.noise", 0.5);

  assert.deepEqual(changedFields(WHOLE, EXPERIMENT, other), ["data.noise", "network.hidden"]);
});

const WEIGHT = { layer: 0, unit: 1, input: 0 };

test("a weight set by hand is an entry that leaves the experiment as it is", () => {
  const edit = { address: WEIGHT, before: 0.5, after: 2, run: 1 };
  const stack = change(withEdit(start, edit, 0), "data.seed", 4, 1);

  const back = undone(stack);
  assert.equal(back.present, EXPERIMENT);
  assert.deepEqual(undone(back).past, []);
  assert.deepEqual(undone(back).future[0], edit);
  assert.deepEqual(redone(redone(undone(back))), { ...stack, moved: null });
});

test("a weight that is set again soon is one entry, another weight one of its own", () => {
  const edit = { address: WEIGHT, before: 0.5, after: 0.6, run: 1 };
  const twice = withEdit(withEdit(start, edit, 0), { ...edit, before: 0.6, after: 0.7 }, 100);

  assert.deepEqual(twice.past, [{ ...edit, after: 0.7 }]);
  const bias = { ...edit, address: { ...WEIGHT, input: /** @type {const} */ ("bias") } };
  assert.equal(withEdit(twice, bias, 200).past.length, 2);
  assert.equal(withEdit(twice, edit, 100 + SAME_MOVE).past.length, 2);
});
