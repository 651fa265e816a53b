import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { withChanges } from "../../../static/js/model/experiment.js";
import {
  appliesToPoints,
  followsFromPoints,
  fromSamples,
  lastPoints,
  ownPoints,
  ownSet,
} from "../../../static/js/model/own-points.js";
import { initialState, withRequest } from "../../../static/js/model/state.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";

/** @import { Targets } from "../../../static/js/own-data/point-set.js" */

/**
 * @param {number} count
 * @param {number} classes 0 for values
 * @returns {Targets}
 */
const targets = (count, classes) => ({
  points: Array.from({ length: count }, (_, index) => [
    index / 10,
    0,
    classes === 0 ? index / 100 : classes === 2 ? (index % 2) * 2 - 1 : index % classes,
  ]),
  point_classes: Math.max(classes, 2),
});

/** @param {Targets} own */
const having = ({ points, point_classes }) =>
  withChanges(EXPERIMENT, { "data.points": points, "data.point_classes": point_classes });

test("noise and minority share mean nothing then, and samples follow", () => {
  const own = having(targets(30, 2));

  for (const path of ["data.noise", "data.minority_share"]) {
    assert.equal(appliesToPoints(own, path), false);
    assert.equal(appliesToPoints(EXPERIMENT, path), true);
  }
  assert.equal(appliesToPoints(own, "data.label_flips"), true);
  assert.equal(followsFromPoints(own, "data.samples"), true);
  assert.equal(followsFromPoints(EXPERIMENT, "data.samples"), false);
});

test("the state remembers own points when a data set takes their place, and no data set for their problem", () => {
  const own = having(targets(40, 4));
  const used = withRequest(initialState(CATALOG), CATALOG, { id: 1, experiment: own });
  const changes = { "data.dataset": "circle", "data.points": null };
  const back = withRequest(used, CATALOG, { id: 2, changes });

  assert.deepEqual(back.ownPoints, ownPoints(own));
  assert.equal(back.wanted.data.points, null);
  assert.equal(back.datasetOf["multi-class"], "blobs");
});

test("equal points stay the same object", () => {
  const own = having(targets(40, 4));
  const before = ownPoints(own);

  assert.equal(lastPoints(before, structuredClone(own)), before);
  assert.equal(lastPoints(before, EXPERIMENT), before);
  assert.notEqual(lastPoints(null, own), null);
});

test("points that were used can be shown", () => {
  assert.equal(ownSet(null), null);
  assert.deepEqual(ownSet(targets(2, 2))?.points, [
    [0, 0, 1, -1],
    [0.1, 0, 0, 1],
  ]);
  assert.equal(ownSet(targets(20, 0))?.kind, "values");
});

test("the samples of a data set can be copied, of too many as many as there may be", () => {
  const none = new Float32Array(0);
  const samples = {
    train: new Float32Array([0.1, 2, 1]),
    test: new Float32Array([3, 4, -1]),
    validation: none,
  };

  assert.deepEqual(fromSamples(samples, 2)?.points, [
    [0.1, 2, 0, 1],
    [3, 4, 1, -1],
  ]);
  assert.equal(fromSamples({ train: none, test: none, validation: none }, 2), null);
  const crowd = { train: new Float32Array(30_000), test: none, validation: none };
  assert.equal(fromSamples(crowd, 2)?.points.length, 5000);
});
