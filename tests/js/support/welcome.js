/** The answer to a hello, as the server writes it, for tests. */

import { EXPERIMENT } from "./catalog.js";

/**
 * @param {number} run its number
 * @param {object} [more] other fields
 * @param {object} [info] other fields of the run
 */
export const welcome = (run, more = {}, info = {}) => ({
  type: "welcome",
  protocol: 2,
  version: "0",
  limits: {},
  runs: [
    {
      run,
      lineage: run,
      experiment: EXPERIMENT,
      state: { playing: false, epochs_per_second: null, reason: "reset", epoch: 0, step: 0 },
      ...info,
    },
  ],
  recovered: false,
  waited: 0,
  page: "",
  ...more,
});
