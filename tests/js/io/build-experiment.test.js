import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  baseExperiment,
  buildExperiment,
  choicesWithOptions,
  quote,
  withoutField,
} from "../../../static/js/io/build-experiment.js";
import { withField } from "../../../static/js/model/experiment.js";
import { EXPERIMENT } from "../support/catalog.js";
import { WHOLE } from "../support/fields.js";

/** @param {[path: string, value: unknown][]} values */
const given = (...values) => ({ values: new Map(values), options: new Map(), points: null });

test("a data set has its own number of samples, options and loss", () => {
  const blobs = baseExperiment(WHOLE, "blobs", null);

  assert.deepEqual(blobs.data.datasetOptions, { classes: 4 });
  assert.equal(blobs.objective.loss, "softmax");
  assert.equal(baseExperiment(WHOLE, "plane", null).data.samples, 1200);
  assert.deepEqual(baseExperiment(WHOLE, "circle", null), EXPERIMENT);
});

test("own points are as many samples as there are", () => {
  const points = Array.from({ length: 12 }, (_, index) => [index, 0, index % 3]);
  const own = { points, pointClasses: 3 };
  const { experiment, problems } = buildExperiment(WHOLE, { ...given(["data.samples", 99]), points: own });

  assert.deepEqual(problems, []);
  assert.equal(experiment.data.samples, 12);
  assert.equal(experiment.objective.loss, "softmax");
});

test("options are checked, and those that are missing have their defaults", () => {
  const options = new Map([
    [
      "training.optimizer",
      new Map([
        ["beta1", 0.5],
        ["weight_decay", 7],
        ["zeal", 1],
      ]),
    ],
  ]);
  const { experiment, problems } = buildExperiment(WHOLE, {
    ...given(["training.optimizer", "adam"]),
    options,
  });

  assert.deepEqual(experiment.training.optimizerOptions, { beta1: 0.5, weight_decay: 0.01 });
  assert.deepEqual(
    problems.map((problem) => problem.split(" ")[0]),
    ["training.optimizer.weight_decay", "training.optimizer.zeal"],
  );
  assert.deepEqual(choicesWithOptions(WHOLE), ["data.dataset", "training.optimizer", "training.stop"]);
});

test("a seed of TensorFlow Playground is left out where it cannot draw the experiment", () => {
  const seeded = (/** @type {[string, unknown][]} */ ...more) =>
    buildExperiment(WHOLE, given(["data.classicSeed", "0.5"], ...more)).experiment.data.classicSeed;

  assert.equal(seeded(), "0.5");
  assert.equal(seeded(["data.dataset", "arms"]), null);
  assert.equal(seeded(["data.samples", 501]), null);
});

test("values in sentences are JSON, and not longer than 60 signs", () => {
  assert.equal(quote("x"), '"x"');
  assert.equal(quote("x".repeat(99)), `"${"x".repeat(56)}…`);
});

test("a field that the server refuses falls back, once", () => {
  const strange = withField(EXPERIMENT, "network.hidden", [64, 64]);

  const repaired = withoutField(WHOLE, strange, "network.hidden.1");
  assert.deepEqual(repaired, EXPERIMENT);
  assert.equal(withoutField(WHOLE, EXPERIMENT, "network.hidden"), null);
  assert.equal(withoutField(WHOLE, strange, "singing"), null);
  assert.equal(withoutField(WHOLE, strange, null), null);
});
