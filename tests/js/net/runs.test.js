import assert from "node:assert/strict";
import { test } from "node:test";
import { createRuns } from "../../../static/js/net/runs.js";
import { runOf } from "../support/frames.js";

/**
 * @param {number} run
 * @param {number[]} epochs
 * @param {{ lineage?: number, validation?: boolean }} [more]
 */
const frame = (run, epochs, { lineage = run, validation = false } = {}) =>
  runOf({ about: { run: String(run), lineage: String(lineage) }, epochs, validation });

test("a frame of an earlier run is dropped, one of a later run begins anew", () => {
  const runs = createRuns();
  runs.accept(frame(2, [0, 1, 2]), 0);

  assert.equal(runs.accept(frame(1, [9]), 10), false);
  assert.equal(runs.current.losses.train.length, 3);
  assert.equal(runs.accept(frame(3, [0]), 20), true);
  assert.equal(runs.current.run, 3);
  assert.equal(runs.current.losses.train.length, 1);
});

test("a run that begins has no losses of the run before, but its points until its own come", () => {
  const runs = createRuns();
  runs.accept(frame(1, [0, 1], { validation: true }), 0);
  const { points } = runs.current;

  runs.begin(2);
  assert.equal(runs.current.points, points);
  runs.accept(frame(2, [0]), 100);
  assert.equal(runs.current.losses.validation.length, 0);
  assert.equal(runs.current.losses.train.length, 1);
  runs.accept(frame(2, [1], { validation: true }), 200);
  assert.notEqual(runs.current.points, points);
});

test("another shape of the same network keeps the losses and lets the pictures go", () => {
  const runs = createRuns();
  runs.accept(frame(1, [0, 1, 2]), 0);
  const { current } = runs;
  runs.proceed(2);

  assert.equal(runs.current, current);
  assert.deepEqual([current.run, current.latest, current.outputMap, current.views], [2, null, null, {}]);
  assert.equal(runs.accept(frame(1, [3]), 10), false);
  runs.accept(frame(2, [3, 4], { lineage: 1 }), 20);
  assert.equal(current.losses.train.length, 5);
  runs.accept(frame(3, [5], { lineage: 1 }), 30);
  assert.equal(runs.current.losses.train.length, 6);
  runs.accept(frame(4, [0], { lineage: 2 }), 40);
  assert.equal(runs.current.losses.train.length, 1);
});

test("a session that begins anew may give its run a smaller number", () => {
  const runs = createRuns();
  runs.accept(frame(9, [0, 1]), 0);
  runs.begin(1);

  assert.equal(runs.accept(frame(1, [0]), 10), true);
  assert.equal(runs.current.run, 1);
});
