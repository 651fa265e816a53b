/** Saved experiments and trained networks, as files (docs/protocol.md, "Saved files"). */

/**
 * @import { Experiment } from "../types/app.js"
 */

import { encodeTensors } from "../lib/data/safetensors.js";

const EXPERIMENT = "neural-playground-experiment";
const NETWORK = "neural-playground-network";
const VERSION = 1;

/**
 * @param {Experiment} experiment
 * @returns {string}
 */
export function writeExperiment(experiment) {
  return `${JSON.stringify({ format: EXPERIMENT, version: VERSION, experiment }, null, 2)}\n`;
}

/**
 * @param {Experiment} experiment
 * @param {{ parameters: Float32Array | Float64Array, epoch: number, step: number }} network
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function writeNetwork(experiment, { parameters, epoch, step }) {
  return encodeTensors({
    metadata: {
      format: NETWORK,
      version: String(VERSION),
      experiment: JSON.stringify(experiment),
      epoch: String(epoch),
      step: String(step),
    },
    arrays: { parameters },
  });
}
