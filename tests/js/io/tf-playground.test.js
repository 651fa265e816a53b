import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { classicAddress, withoutLostSeed } from "../../../static/js/io/tf-playground.js";
import { withField } from "../../../static/js/model/experiment.js";
import { apiThat } from "../support/api.js";
import { EXPERIMENT } from "../support/catalog.js";
import { WHOLE } from "../support/fields.js";

const SEEDED = withField(EXPERIMENT, "data.classicSeed", "0.12345");

test("the address in the original, or which setting it lacks", async () => {
  const linking = apiThat((_, { experiment }) =>
    experiment.training.clip_norm > 0
      ? [
          422,
          {
            detail: "training.clip_norm is 1.0, which the original does not have",
            field: "training.clip_norm",
          },
        ]
      : [200, { link: "seed=0.12345" }],
  );

  assert.match(await classicAddress(linking, SEEDED), /^https:\/\/[^#]+#seed=0\.12345$/);
  await assert.rejects(classicAddress(linking, EXPERIMENT), /no seed of the original/);
  await assert.rejects(
    classicAddress(linking, withField(SEEDED, "training.clipNorm", 1)),
    /clip_norm is 1\.0/,
  );
});

test("the seed of the original is left when it can no longer draw what is asked for", () => {
  const ask = (/** @type {string} */ path, /** @type {unknown} */ value) =>
    withoutLostSeed(WHOLE, SEEDED, { experiment: withField(SEEDED, path, value), notes: [] });

  assert.equal(ask("data.dataset", "xor").experiment.data.classicSeed, "0.12345");
  assert.equal(ask("training.learningRate", 1).experiment.data.classicSeed, "0.12345");
  for (const [path, value] of /** @type {[string, unknown][]} */ ([
    ["data.dataset", "arms"],
    ["network.initializer", "he"],
    ["data.minorityShare", 0.2],
    ["data.seed", 5],
    ["network.seed", 5],
  ])) {
    const { experiment, notes } = ask(path, value);
    assert.equal(experiment.data.classicSeed, null, path);
    assert.equal(notes.length, 1);
  }
  assert.deepEqual(withoutLostSeed(WHOLE, SEEDED, { experiment: SEEDED, notes: [] }).notes, []);
});
