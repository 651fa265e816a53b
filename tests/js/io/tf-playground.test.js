import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { classicAddress } from "../../../static/js/io/tf-playground.js";
import { withField } from "../../../static/js/model/experiment.js";
import { apiThat } from "../support/api.js";
import { EXPERIMENT } from "../support/catalog.js";

const SEEDED = withField(EXPERIMENT, "data.classic_seed", "0.12345");

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
    classicAddress(linking, withField(SEEDED, "training.clip_norm", 1)),
    /clip_norm is 1\.0/,
  );
});
