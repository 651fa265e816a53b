/** TensorFlow Playground: its seed in an experiment, and links from and to it. */

/**
 * @import { Catalog, Experiment } from "../types/app.js"
 * @import { Fitted } from "../model/constraints.js"
 * @import { Api } from "../net/api.js"
 */

import { phrase } from "../lib/text/i18n.js";
import { withField } from "../model/experiment.js";
import { ApiError } from "../net/api.js";
import { classicObstacle } from "./build-experiment.js";

const SEED = "data.classicSeed";

/**
 * Removes the seed of TensorFlow Playground after a change that makes it useless: it cannot draw the new experiment, or
 * another seed was chosen, which would have no effect beside it.
 * @param {Catalog} catalog
 * @param {Experiment} before
 * @param {Fitted} fitted
 * @returns {Fitted}
 */
export function withoutLostSeed(catalog, before, { experiment, notes }) {
  if (experiment.data.classicSeed === null || before.data.classicSeed === null) return { experiment, notes };
  const obstacle = classicObstacle(catalog, experiment);
  const isReseeded =
    before.data.seed !== experiment.data.seed || before.network.seed !== experiment.network.seed;
  if (obstacle === null && !isReseeded) return { experiment, notes };
  const note =
    obstacle === null ? phrase("classic.no-longer") : phrase("classic.no-longer-because", { why: obstacle });
  return { experiment: withoutSeed(experiment), notes: [...notes, note] };
}

/** Address of TensorFlow Playground. */
const ORIGINAL = "https://playground.tensorflow.org/";

/**
 * The address of an experiment in TensorFlow Playground.
 * @param {Api} api
 * @param {Experiment} experiment
 * @returns {Promise<string>}
 * @throws {ApiError} TensorFlow Playground cannot express it; the message says why
 */
export async function classicAddress(api, experiment) {
  if (experiment.data.classicSeed === null) throw new ApiError(phrase("classic.no-seed"));
  try {
    return `${ORIGINAL}#${await api.writeClassic(experiment)}`;
  } catch (error) {
    if (error instanceof ApiError && error.field)
      throw new ApiError(phrase("classic.no-address", { why: error.message }));
    throw error;
  }
}

/**
 * @param {Experiment} experiment
 * @returns {Experiment}
 */
export function withoutSeed(experiment) {
  return withField(experiment, SEED, null);
}
