import assert from "node:assert/strict";
import { test } from "node:test";
import {
  getField,
  layersBy,
  lowerLearningRate,
  optionsOf,
  optionValues,
  withChanges,
  withField,
} from "../../../static/js/model/experiment.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";

test("a field is read and replaced by its path, and the old experiment stays as it was", () => {
  const changed = withField(EXPERIMENT, "training.learning_rate", 0.1);

  assert.equal(getField(changed, "training.learning_rate"), 0.1);
  assert.equal(getField(EXPERIMENT, "training.learning_rate"), 0.03);
  assert.equal(changed.data, EXPERIMENT.data);
});

test("a layer is added at the end with two units, and taken from there", () => {
  assert.deepEqual(layersBy(CATALOG, EXPERIMENT, 1), [4, 2, 2]);
  assert.deepEqual(layersBy(CATALOG, EXPERIMENT, -1), [4]);
});

test("another row of a choice shows its own options, with their defaults", () => {
  const adam = withChanges(EXPERIMENT, {
    "training.optimizer": "adam",
    "training.optimizer_options": { beta1: 0.5, weight_decay: 0.1 },
  });
  const momentum = withChanges(adam, { "training.optimizer": "momentum" });

  assert.deepEqual(optionValues(CATALOG, adam, "training.optimizer"), { beta1: 0.5, weight_decay: 0.1 });
  assert.equal(withChanges(adam, { "training.optimizer": "adam" }).training.optimizer_options.beta1, 0.5);
  assert.equal(momentum.training.optimizer, "momentum");
  assert.deepEqual(optionValues(CATALOG, momentum, "training.optimizer"), { momentum: 0.9 });
  assert.deepEqual(
    optionsOf(CATALOG, adam, "training.optimizer").map(({ name }) => name),
    ["beta1", "weight_decay"],
  );
});

test("a choice without options changes alone", () => {
  const changed = withChanges(EXPERIMENT, { "training.batching": "sequential", features: ["x1"] });

  assert.deepEqual(
    changed,
    withField(withField(EXPERIMENT, "training.batching", "sequential"), "features", ["x1"]),
  );
  assert.deepEqual(optionsOf(CATALOG, changed, "training.batching"), []);
  assert.deepEqual(optionValues(CATALOG, changed, "training.batching"), {});
});

test("a lower learning rate is the next of those on offer, or a third", () => {
  const rate = (/** @type {number} */ value) => withField(EXPERIMENT, "training.learning_rate", value);

  assert.equal(lowerLearningRate(CATALOG, rate(0.05)), 0.03);
  assert.equal(lowerLearningRate(CATALOG, rate(0.03)), 0.01);
  assert.ok(Math.abs(lowerLearningRate(CATALOG, rate(0.0003)) - 0.0001) < 1e-12);
});
