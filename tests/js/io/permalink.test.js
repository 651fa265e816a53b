import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { baseExperiment } from "../../../static/js/io/build-experiment.js";
import { decodeAddress, encodeAddress, isClassicLink } from "../../../static/js/io/permalink.js";
import { withChanges, withField } from "../../../static/js/model/experiment.js";
import { EXPERIMENT } from "../support/catalog.js";
import { WHOLE } from "../support/fields.js";

/** @import { Experiment } from "../../../static/js/types/app.js" */

const POINTS = Array.from({ length: 12 }, (_, index) => [index / 4, -1, index % 2 ? 1 : -1]);

/** @param {string} fragment */
const read = (fragment) => decodeAddress(WHOLE, fragment, null);

/**
 * Writes, reads again, and gives what was written.
 * @param {Experiment} experiment
 */
function thereAndBack(experiment) {
  const address = encodeAddress(WHOLE, experiment);
  const { experiment: again, problems } = read(address);
  assert.deepEqual(problems, []);
  assert.deepEqual(again, experiment);
  return address;
}

test("the default experiment needs no words", () => {
  assert.equal(thereAndBack(EXPERIMENT), "");
});

test("it says what differs, readably", () => {
  let experiment = withField(EXPERIMENT, "data.dataset", "xor");
  experiment = withField(experiment, "network.hidden", [8, 8]);
  experiment = withField(experiment, "training.learningRate", 0.1);

  assert.equal(thereAndBack(experiment), "data.dataset=xor&network.hidden=8,8&training.learning_rate=0.1");
});

test("everything that may differ comes back", () => {
  const changes = /** @type {[string, unknown, string][]} */ ([
    ["features", ["x1", "x1²", "sin x1"], "features=x1,x1^2,sin-x1"],
    ["network.hidden", [], "network.hidden="],
    ["network.activation", "leaky-relu", "network.activation=leaky-relu"],
    ["network.activation", ["tanh", "relu"], "network.activation=tanh,relu"],
    ["data.classicSeed", "0.5.", "data.classic_seed=0.5.&"],
    ["data.shuffled", false, "data.shuffled=false"],
    ["data.classicSeed", "0.1 & 2%", "data.classic_seed=0.1%20%26%202%25"],
    ["data.noise", 0.30000000000000004, "data.noise=0.30000000000000004"],
    ["training.learningRate", 1e-7, "training.learning_rate=1e-7"],
  ]);
  for (const [path, value, address] of changes)
    assert.equal(thereAndBack(withField(EXPERIMENT, path, value)), address);
});

test("a network without layers may have activations for none of them", () => {
  const flat = withField(EXPERIMENT, "network.hidden", []);

  assert.equal(
    thereAndBack(withField(flat, "network.activation", [])),
    "network.hidden=&network.activation=",
  );
});

test("activations that are all the same are one", () => {
  const experiment = withField(EXPERIMENT, "network.activation", ["relu", "relu"]);

  assert.equal(encodeAddress(WHOLE, experiment), "network.activation=relu");
});

test("options stand behind their choice, those that differ", () => {
  const experiment = withChanges(EXPERIMENT, {
    "training.optimizer": "adam",
    "training.optimizerOptions": { beta1: 0.9, weight_decay: 0.01 },
  });
  const moved = withField(experiment, "training.optimizerOptions", { beta1: 0.9, weight_decay: 0.5 });

  assert.equal(thereAndBack(experiment), "training.optimizer=adam");
  assert.equal(thereAndBack(moved), "training.optimizer=adam&training.optimizer.weight_decay=0.5");
});

test("a data set of another problem brings its samples and its loss without a word", () => {
  for (const dataset of ["plane", "blobs", "arms"]) {
    const experiment = baseExperiment(WHOLE, dataset, null);
    const loss = experiment.objective.loss;
    assert.equal(thereAndBack(experiment), `data.dataset=${dataset}`, loss);
  }
});

test("bad values and unknown keys are named, and the rest applies", () => {
  const { experiment, problems, known } = read(
    "data.noise=loud&training.learning_rate=99&sing=1&network.hidden=3,0&features=&training.optimizer.beta1=2" +
      "&data.seed=1.5&network.activation=warp&data.dataset=xor&data.shuffled=perhaps&%E0%A4%A=1",
  );

  assert.deepEqual(experiment, withField(EXPERIMENT, "data.dataset", "xor"));
  assert.deepEqual(problems, [
    'data.noise is "loud"; it must be a number, 0 … 1',
    'training.learning_rate is "99"; it must be a number, 0 … 10',
    '"sing" is not known',
    'network.hidden is "3,0"; it must be a whole number, 1 … 64',
    'features is ""; at least one must be given',
    'data.seed is "1.5"; it must be a whole number, 0 … 4294967295',
    'network.activation is "warp"; allowed: tanh, relu, leaky-relu',
    'data.shuffled is "perhaps"; it must be true or false',
    '"%E0%A4%A" is not known',
    "training.optimizer.beta1 is 2; sgd has no options",
  ]);
  assert.equal(known, 9);
});

test("values that do not go together give way, so that the server takes the rest", () => {
  const cases = /** @type {[string, string, RegExp][]} */ ([
    ["data.dataset=plane&objective.loss=softmax", "objective.loss", /allowed here: half-squared-error/],
    ["data.dataset=plane&data.minority_share=0.2", "data.minorityShare", /means nothing/],
    ["network.activation=relu,tanh,relu", "network.activation", /there are 2 hidden layers/],
    ["data.train_fraction=0.9&data.validation_fraction=0.5", "data.validationFraction", /no sample/],
    ["training.stop=early", "training.stop", /validation samples/],
    ["data.dataset=arms&data.classic_seed=0.5", "data.classicSeed", /no data set arms/],
  ]);
  for (const [fragment, path, reason] of cases) {
    const { experiment, problems } = read(fragment);
    const { experiment: base } = read(
      fragment.startsWith("data.dataset") ? String(fragment.split("&")[0]) : "",
    );
    assert.equal(problems.length, 1, fragment);
    assert.match(String(problems[0]), reason);
    const [group = "", name = ""] = path.split(".");
    const record = /** @type {any} */ (experiment);
    assert.deepEqual(record[group][name], /** @type {any} */ (base)[group][name]);
  }
});

test("own points are spoken of, and taken from where they are kept", () => {
  const own = { points: POINTS, pointClasses: 2 };
  const data = { ...EXPERIMENT.data, ...own, samples: POINTS.length, noise: 0.25 };
  const experiment = { ...EXPERIMENT, data };

  assert.equal(encodeAddress(WHOLE, experiment), "data.noise=0.25&data.points=own");
  assert.deepEqual(decodeAddress(WHOLE, "data.noise=0.25&data.points=own", own).experiment, experiment);
  const elsewhere = read("data.noise=0.25&data.points=own");
  assert.equal(elsewhere.missesPoints, true);
  assert.equal(elsewhere.experiment.data.points, null);
  assert.equal(elsewhere.experiment.data.noise, 0.25);
});

test("links of the original are told from our own", () => {
  assert.ok(isClassicLink("activation=tanh&batchSize=10&dataset=circle&seed=0.12345"));
  assert.ok(isClassicLink("networkShape=3"));
  assert.ok(isClassicLink("x=true&playButton_hide=true"));
  assert.ok(!isClassicLink("data.dataset=circle&features=x1&training.seed=3"));
  assert.ok(!isClassicLink(""));
});
