/** The runs of a session by their numbers, each with its streamed numbers. One of them is the current one; today it is the only one. */

/** @import { FrameRun } from "../types/app.js" */

import { createRunData } from "./run-data.js";

/** @typedef {ReturnType<typeof createRuns>} Runs */

/** @param {number} [first] number of the first run; 0 until the server has given one */
export function createRuns(first = 0) {
  let current = createRunData(first);
  const byNumber = new Map([[first, current]]);

  const runs = {
    get current() {
      return current;
    },

    /**
     * Begins another run, which replaces the current one.
     * @param {number} run
     */
    begin(run) {
      byNumber.delete(current.run);
      current = createRunData(run, current);
      byNumber.set(run, current);
    },

    /**
     * Continues the current run under another number: the same network in another shape, or on a new connection.
     * @param {number} run
     */
    proceed(run) {
      byNumber.delete(current.run);
      current.reshape(run);
      byNumber.set(run, current);
    },

    /**
     * Adds what a frame has of a run, unless that is an earlier one.
     * @param {FrameRun} frame
     * @param {number} time of arrival, in milliseconds
     * @returns {boolean} whether it was added
     */
    accept(frame, time) {
      if (frame.run > current.run) {
        if (frame.lineage === current.lineage) runs.proceed(frame.run);
        else runs.begin(frame.run);
      }
      const runData = byNumber.get(frame.run);
      runData?.accept(frame, time);
      return runData !== undefined;
    },
  };
  return runs;
}
