import assert from "node:assert/strict";
import { test } from "node:test";
import { writeExperiment, writeNetwork } from "../../../static/js/io/experiment-files.js";
import { EXPERIMENT } from "../support/catalog.js";

test("a saved experiment has a format", () => {
  const text = writeExperiment(EXPERIMENT);

  assert.deepEqual(JSON.parse(text), {
    format: "neural-playground-experiment",
    version: 1,
    experiment: EXPERIMENT,
  });
  assert.match(text, /\n {2}"experiment": \{\n/);
});

test("a saved network has its experiment and the parameters as exact as they are there", () => {
  const headers = [Float32Array.of(1, 2), Float64Array.of(1, 2)].map((parameters) => {
    const bytes = writeNetwork(EXPERIMENT, { parameters, epoch: 3, step: 30 });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    return JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  });

  assert.deepEqual(
    headers.map(({ parameters }) => parameters.dtype),
    ["F32", "F64"],
  );
  const { experiment, ...rest } = headers[0].__metadata__;
  assert.deepEqual(JSON.parse(experiment), EXPERIMENT);
  assert.deepEqual(rest, { format: "neural-playground-network", version: "1", epoch: "3", step: "30" });
});
