/** Links to TensorFlow Playground. */

/**
 * @import { Experiment } from "../types/app.js"
 * @import { Api } from "../net/api.js"
 */

import { phrase } from "../lib/text/i18n.js";
import { ApiError } from "../net/api.js";

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
  if (experiment.data.classic_seed === null) throw new ApiError(phrase("classic.no-seed"));
  try {
    return `${ORIGINAL}#${await api.writeClassic(experiment)}`;
  } catch (error) {
    if (error instanceof ApiError && error.field)
      throw new ApiError(phrase("classic.no-address", { why: error.message }));
    throw error;
  }
}
