import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { baseExperiment } from "../../../static/js/io/build-experiment.js";
import {
  countParameters,
  FileError,
  LARGEST_FILE,
  readFile,
  writeExperiment,
  writeNetwork,
} from "../../../static/js/io/experiment-files.js";
import { encodeTensors } from "../../../static/js/lib/data/safetensors.js";
import { withChanges, withField } from "../../../static/js/model/experiment.js";
import { EXPERIMENT } from "../support/catalog.js";
import { WHOLE } from "../support/fields.js";

/** @param {unknown} content */
const bytesOf = (content) =>
  new TextEncoder().encode(typeof content === "string" ? content : JSON.stringify(content)).buffer;

const HEAD = { format: "neural-playground-experiment", version: 1 };

test("a saved experiment comes back", () => {
  const experiment = withChanges(EXPERIMENT, {
    "training.optimizer": "adam",
    "training.optimizerOptions": { beta1: 0.9, weight_decay: 0.01 },
  });
  const text = writeExperiment(experiment);

  assert.deepEqual(JSON.parse(text).version, 1);
  assert.equal(JSON.parse(text).experiment.training.optimizer_options.weight_decay, 0.01);
  assert.match(text, /\n {2}"experiment": \{\n/);
  assert.deepEqual(readFile(WHOLE, bytesOf(text)), {
    experiment,
    problems: unknown(experiment),
    network: null,
  });
});

/**
 * The small catalogue of these tests does not know every field.
 * @param {typeof EXPERIMENT} experiment
 */
function unknown(experiment) {
  const names = Object.entries(JSON.parse(writeExperiment(experiment)).experiment).flatMap(
    ([group, fields]) => (Array.isArray(fields) ? [] : Object.keys(fields).map((name) => `${group}.${name}`)),
  );
  const paths = Object.keys(WHOLE.fields).map((path) => path.replace(/[A-Z]/g, (l) => `_${l.toLowerCase()}`));
  return names.filter((name) => !paths.includes(name)).map((name) => `${name} is not known`);
}

test("own points come back, for classes and values", () => {
  const points = Array.from({ length: 10 }, (_, index) => [index, -1.5, index % 3]);
  const data = { ...EXPERIMENT.data, points, pointClasses: 3, samples: 10 };
  const experiment = { ...EXPERIMENT, data, objective: { ...EXPERIMENT.objective, loss: "softmax" } };

  const { experiment: again } = readFile(WHOLE, bytesOf(writeExperiment(experiment)));

  assert.deepEqual(again, experiment);
});

test("an experiment alone, as the engine writes it, is enough, and what it leaves out takes its default", () => {
  const { experiment, problems } = readFile(
    WHOLE,
    bytesOf({ data: { dataset: "plane" }, training: { sing: 1 } }),
  );

  assert.deepEqual(experiment, baseExperiment(WHOLE, "plane", null));
  assert.deepEqual(problems, ["training.sing is not known"]);
});

test("what is no saved experiment is refused with a sentence", () => {
  const cases = /** @type {[ArrayBuffer, RegExp][]} */ ([
    [new ArrayBuffer(0), /empty/],
    [bytesOf("Dear diary"), /not JSON/],
    [bytesOf("[1, 2]"), /no saved experiment/],
    [bytesOf({ name: "me" }), /no “format”/],
    [bytesOf({ ...HEAD, format: "score" }), /format "score"/],
    [bytesOf({ ...HEAD, version: 2, experiment: {} }), /version 2 .* reads version 1/],
    [bytesOf(HEAD), /without the experiment/],
    [Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10, 0, 255, 254, 3).buffer, /not text/],
    [new ArrayBuffer(LARGEST_FILE + 1), /5\.0 MB/],
    [encodeTensors({ metadata: {}, arrays: { weights: Float32Array.of(1) } }).buffer, /no network saved/],
  ]);
  for (const [buffer, sentence] of cases) {
    assert.throws(
      () => readFile(WHOLE, buffer),
      (/** @type {unknown} */ error) => {
        assert.ok(error instanceof FileError);
        assert.match(error.message, sentence);
        return true;
      },
    );
  }
});

test("a trained network comes back to the last bit, with what it was trained on", () => {
  const experiment = withField(EXPERIMENT, "network.hidden", [3]);
  const parameters = Float32Array.from({ length: 13 }, (_, index) => Math.sin(index) / 3);
  const bytes = writeNetwork(experiment, { parameters, epoch: 70, step: 1750 });

  const opened = readFile(WHOLE, bytes.buffer);

  assert.deepEqual(opened.experiment, experiment);
  assert.deepEqual(opened.network, { values: parameters, epoch: 70 });
});

test("a network in full precision comes back to the last bit", () => {
  const experiment = withField(EXPERIMENT, "network.hidden", [3]);
  const parameters = Float32Array.from({ length: 13 }, (_, index) => Math.sin(index) / 3);
  const exactParameters = Float64Array.from({ length: 13 }, (_, index) => Math.sin(index) / 3);

  const opened = readFile(
    WHOLE,
    writeNetwork(experiment, { parameters, exactParameters, epoch: 7, step: 1 }).buffer,
  );

  assert.deepEqual(opened.network, { values: exactParameters, epoch: 7 });
});

test("text of editors of Windows is read, with its byte order mark", () => {
  const text = `\ufeff${writeExperiment(EXPERIMENT)}`;
  const units = Array.from(text, (character) => character.charCodeAt(0));
  const little = Uint8Array.from(units.flatMap((unit) => [unit & 0xff, unit >> 8]));
  const big = Uint8Array.from(units.flatMap((unit) => [unit >> 8, unit & 0xff]));

  for (const buffer of [bytesOf(text), little.buffer, big.buffer])
    assert.deepEqual(readFile(WHOLE, buffer).experiment, EXPERIMENT);
});

test("a network of another size, or with numbers that are none, is refused", () => {
  const write = (/** @type {number[]} */ values) =>
    writeNetwork(EXPERIMENT, { parameters: Float32Array.from(values), epoch: 0, step: 0 }).buffer;
  const fit = Array.from({ length: countParameters(WHOLE, EXPERIMENT) }, () => 0);

  assert.equal(fit.length, 25);
  assert.throws(() => readFile(WHOLE, write([1, 2])), /2 parameters, and its network needs 25/);
  assert.throws(() => readFile(WHOLE, write(fit.with(3, Number.NaN))), /no numbers/);
  assert.throws(() => readFile(WHOLE, write(fit.with(3, 1e7))), /larger than a million/);
});
