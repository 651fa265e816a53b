import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { withDataset } from "../../../static/js/model/constraints.js";
import { withField } from "../../../static/js/model/experiment.js";
import {
  appliesToPoints,
  followsFromPoints,
  fromSamples,
  lastPoints,
  ownPoints,
  ownSet,
  withOwnPoints,
} from "../../../static/js/model/own-points.js";
import { problemOf } from "../../../static/js/model/problem.js";
import { initialState, withWanted } from "../../../static/js/model/state.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";

/**
 * @param {number} count
 * @param {number} classes 0 for values
 */
const targets = (count, classes) => ({
  points: Array.from({ length: count }, (_, index) => [
    index / 10,
    0,
    classes === 0 ? index / 100 : classes === 2 ? (index % 2) * 2 - 1 : index % classes,
  ]),
  pointClasses: Math.max(classes, 2),
});

test("own points bring their number, their classes and a loss that fits", () => {
  const logistic = withField(EXPERIMENT, "objective.loss", "logistic");
  const two = withOwnPoints(CATALOG, logistic, targets(30, 2)).experiment;
  assert.equal(problemOf(CATALOG, two), "classification");
  assert.equal(two.data.samples, 30);
  assert.equal(two.objective.loss, "logistic");

  const many = withOwnPoints(CATALOG, two, targets(40, 4)).experiment;
  assert.equal(problemOf(CATALOG, many), "multi-class");
  assert.equal(many.objective.loss, "softmax");

  const values = withOwnPoints(CATALOG, many, targets(20, 0)).experiment;
  assert.equal(problemOf(CATALOG, values), "regression");
  assert.equal(values.objective.loss, "half-squared-error");
});

test("what cannot go with own points goes back, and is told", () => {
  const rare = withField(withField(EXPERIMENT, "data.minorityShare", 0.2), "data.classicSeed", "0.5");
  const { experiment, notes } = withOwnPoints(CATALOG, rare, targets(30, 2));

  assert.equal(experiment.data.minorityShare, 0);
  assert.equal(experiment.data.classicSeed, null);
  assert.match(notes.join(), /minority share is off/);
});

test("few points still leave something for the test", () => {
  const greedy = withField(withField(EXPERIMENT, "data.trainFraction", 0.9), "data.validationFraction", 0.05);
  const { experiment, notes } = withOwnPoints(CATALOG, greedy, targets(10, 2));

  assert.equal(experiment.data.validationFraction, 0);
  assert.match(notes.join(), /Validation share is now/);
});

test("noise and minority share mean nothing then, and samples follow", () => {
  const own = withOwnPoints(CATALOG, EXPERIMENT, targets(30, 2)).experiment;

  for (const path of ["data.noise", "data.minorityShare"]) {
    assert.equal(appliesToPoints(own, path), false);
    assert.equal(appliesToPoints(EXPERIMENT, path), true);
  }
  assert.equal(appliesToPoints(own, "data.labelFlips"), true);
  assert.equal(followsFromPoints(own, "data.samples"), true);
  assert.equal(followsFromPoints(EXPERIMENT, "data.samples"), false);
});

test("the state remembers own points when a data set takes their place, and no data set for their problem", () => {
  const own = withOwnPoints(CATALOG, EXPERIMENT, targets(40, 4)).experiment;
  const used = withWanted(initialState(CATALOG), CATALOG, own, 1);
  const back = withWanted(used, CATALOG, withDataset(CATALOG, own, "circle").experiment, 2);

  assert.deepEqual(back.ownPoints, ownPoints(own));
  assert.equal(back.wanted.data.points, null);
  assert.equal(back.datasetOf["multi-class"], "blobs");
});

test("a dataset of the same problem brings its own number of samples back", () => {
  const own = withOwnPoints(CATALOG, EXPERIMENT, targets(20, 0)).experiment;

  assert.equal(withDataset(CATALOG, own, "plane").experiment.data.samples, 1200);
});

test("equal points stay the same object", () => {
  const own = withOwnPoints(CATALOG, EXPERIMENT, targets(40, 4)).experiment;
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
