import assert from "node:assert/strict";
import { test } from "node:test";
import {
  getField,
  lowerLearningRate,
  optionsOf,
  optionValues,
  withChoice,
  withFeature,
  withField,
  withHidden,
  withLayers,
  withOption,
} from "../../../static/js/model/experiment.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";

test("a field is read and replaced by its path, and the old experiment stays as it was", () => {
  const changed = withField(EXPERIMENT, "training.learningRate", 0.1);

  assert.equal(getField(changed, "training.learningRate"), 0.1);
  assert.equal(getField(EXPERIMENT, "training.learningRate"), 0.03);
  assert.equal(changed.data, EXPERIMENT.data);
});

test("features keep the order of the catalogue", () => {
  const without = withFeature(CATALOG, EXPERIMENT, "x1", false);
  const changed = withFeature(CATALOG, withFeature(CATALOG, without, "x1x2", true), "x1", true);

  assert.deepEqual(changed.features, ["x1", "x2", "x1x2"]);
});

test("activations given layer by layer follow the layers", () => {
  const mixed = withField(EXPERIMENT, "network.activation", ["relu", "tanh"]);

  assert.deepEqual(withHidden(mixed, [4, 2, 2]).network.activation, ["relu", "tanh", "tanh"]);
  assert.deepEqual(withHidden(mixed, [4]).network.activation, ["relu"]);
  assert.equal(withHidden(mixed, []).network.activation, "tanh");
  assert.equal(withHidden(EXPERIMENT, [8]).network.activation, "tanh");
});

test("a layer is added at the end with two units, and taken from there", () => {
  assert.deepEqual(withLayers(CATALOG, EXPERIMENT, 1).network.hidden, [4, 2, 2]);
  assert.deepEqual(withLayers(CATALOG, EXPERIMENT, -1).network.hidden, [4]);
});

test("a chosen row brings its own options, with their defaults", () => {
  const adam = withChoice(CATALOG, EXPERIMENT, "training.optimizer", "adam");

  assert.equal(adam.training.optimizer, "adam");
  assert.deepEqual(adam.training.optimizerOptions, { beta1: 0.9, weight_decay: 0.01 });
  assert.deepEqual(
    optionsOf(CATALOG, adam, "training.optimizer").map(({ name }) => name),
    ["beta1", "weight_decay"],
  );
});

test("options of a row that is no longer chosen are dropped", () => {
  const adam = withChoice(CATALOG, EXPERIMENT, "training.optimizer", "adam");
  const changed = withOption(CATALOG, adam, "training.optimizer", "beta1", 0.5);

  const momentum = withChoice(CATALOG, changed, "training.optimizer", "momentum");
  const plain = withChoice(CATALOG, momentum, "training.optimizer", "sgd");

  assert.deepEqual(momentum.training.optimizerOptions, { momentum: 0.9 });
  assert.deepEqual(plain.training.optimizerOptions, {});
  assert.deepEqual(optionsOf(CATALOG, plain, "training.optimizer"), []);
});

test("choosing what is chosen keeps its options", () => {
  const adam = withChoice(CATALOG, EXPERIMENT, "training.optimizer", "adam");
  const changed = withOption(CATALOG, adam, "training.optimizer", "beta1", 0.5);

  const again = withChoice(CATALOG, changed, "training.optimizer", "adam");

  assert.deepEqual(again.training.optimizerOptions, { beta1: 0.5, weight_decay: 0.01 });
});

test("one option changes and the others stay, whether they were given or not", () => {
  const adam = withField(EXPERIMENT, "training.optimizer", "adam");

  const changed = withOption(CATALOG, adam, "training.optimizer", "weight_decay", 0.1);

  assert.deepEqual(optionValues(CATALOG, adam, "training.optimizer"), { beta1: 0.9, weight_decay: 0.01 });
  assert.deepEqual(changed.training.optimizerOptions, { beta1: 0.9, weight_decay: 0.1 });
});

test("a choice without options changes alone", () => {
  const changed = withChoice(CATALOG, EXPERIMENT, "training.batching", "sequential");

  assert.deepEqual(changed, withField(EXPERIMENT, "training.batching", "sequential"));
  assert.deepEqual(optionsOf(CATALOG, changed, "training.batching"), []);
  assert.deepEqual(optionValues(CATALOG, changed, "training.batching"), {});
});

test("a lower learning rate is the next of those on offer, or a third", () => {
  const rate = (/** @type {number} */ value) => withField(EXPERIMENT, "training.learningRate", value);

  assert.equal(lowerLearningRate(CATALOG, rate(0.05)), 0.03);
  assert.equal(lowerLearningRate(CATALOG, rate(0.03)), 0.01);
  assert.ok(Math.abs(lowerLearningRate(CATALOG, rate(0.0003)) - 0.0001) < 1e-12);
});
