import assert from "node:assert/strict";
import { test } from "node:test";
import { withField } from "../../../static/js/model/experiment.js";
import { appliesTo, classesOf, lossesFor, outputsOf, problemOf } from "../../../static/js/model/problem.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";

const on = (/** @type {string} */ key) => withField(EXPERIMENT, "data.dataset", key);

/**
 * @param {number[]} targets
 * @param {number} [point_classes]
 */
function ofPoints(targets, point_classes = 2) {
  const points = targets.map((target) => /** @type {[number, number, number]} */ ([0, 0, target]));
  return { ...EXPERIMENT, data: { ...EXPERIMENT.data, points, point_classes } };
}

test("the dataset decides problem, classes and outputs", () => {
  assert.deepEqual(
    ["circle", "plane", "blobs", "arms"].map((key) => [
      problemOf(CATALOG, on(key)),
      classesOf(CATALOG, on(key)),
      outputsOf(CATALOG, on(key)),
    ]),
    [
      ["classification", 2, 1],
      ["regression", 0, 1],
      ["multi-class", 4, 4],
      ["multi-class", 3, 3],
    ],
  );
});

test("an option of the dataset decides how many classes there are", () => {
  const six = withField(on("blobs"), "data.dataset_options", { classes: 6 });

  assert.equal(outputsOf(CATALOG, six), 6);
});

test("own points decide in place of the dataset", () => {
  assert.equal(problemOf(CATALOG, ofPoints([-1, 1, 1])), "classification");
  assert.equal(problemOf(CATALOG, ofPoints([-1, 0.5])), "regression");
  assert.equal(problemOf(CATALOG, ofPoints([0, 1, 2], 3)), "multi-class");
  assert.equal(outputsOf(CATALOG, ofPoints([0, 1, 4], 5)), 5);
  assert.equal(outputsOf(CATALOG, ofPoints([-1, 1])), 1);
});

test("each problem has its losses", () => {
  const keys = (/** @type {string} */ problem) => lossesFor(CATALOG, problem).map(({ key }) => key);

  assert.deepEqual(keys("regression"), ["half-squared-error"]);
  assert.deepEqual(keys("multi-class"), ["softmax"]);
});

test("a field without problems is for all", () => {
  assert.equal(appliesTo(CATALOG, "data.minority_share", "regression"), false);
  assert.equal(appliesTo(CATALOG, "data.minority_share", "multi-class"), true);
  assert.equal(appliesTo(CATALOG, "data.train_fraction", "regression"), true);
});
