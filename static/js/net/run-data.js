/**
 * The streamed numbers of the present run: the newest picture, and the losses of every epoch.
 * They are not in the store, because they change with every frame; views read them when they draw.
 */

/**
 * @import { Frame, FrameLosses, Picture } from "../types/app.js"
 */

import { createColumn } from "../lib/data/column.js";

/** The measured speed is that of this last time, in milliseconds. */
const SPEED_WINDOW = 1500;

/** Cells along a side of a unit's tile. */
const TILE_SIDE = 20;

/** @typedef {ReturnType<typeof createRunData>} RunData */

export function createRunData() {
  const trainLoss = createColumn();
  const testLoss = createColumn();
  const validationLoss = createColumn();
  /** @type {{ time: number, epoch: number }[]} */
  let marks = [];

  const runData = {
    run: 0,
    lineage: 0,
    epoch: 0,
    step: 0,
    /** Losses by epoch: the value at index 7 is that after epoch 7. */
    trainLoss,
    testLoss,
    /** Stays empty where there are no validation samples. */
    validationLoss,
    /** @type {Frame | null} the newest frame */
    latest: null,
    /** @type {Frame | null} the newest frame whose map is the output */
    latestOutput: null,
    /** @type {Float32Array} */
    trainPoints: new Float32Array(0),
    /** @type {Float32Array} */
    testPoints: new Float32Array(0),
    /** @type {Float32Array} */
    validationPoints: new Float32Array(0),
    /** Grows whenever the points are replaced. */
    pointsVersion: 0,

    /**
     * Begins another run: drops the losses and pictures of the earlier one.
     * @param {number} run
     */
    begin(run) {
      runData.reshape(run);
      runData.epoch = 0;
      runData.step = 0;
      trainLoss.clear();
      testLoss.clear();
      validationLoss.clear();
      marks = [];
    },

    /**
     * Drops the pictures of an earlier shape; the network continues with its weights.
     * @param {number} run
     */
    reshape(run) {
      runData.run = run;
      runData.latest = null;
      runData.latestOutput = null;
    },

    /**
     * Continues with a run as it was at an epoch; later losses are dropped.
     * @param {number} run
     * @param {number} epoch
     */
    rewind(run, epoch) {
      runData.reshape(run);
      for (const column of [trainLoss, testLoss, validationLoss]) column.truncate(epoch + 1);
      runData.epoch = epoch;
      marks = [];
    },

    /**
     * Restores the losses of an earlier visit.
     * @param {Float64Array} train by epoch, like the others
     * @param {Float64Array} test
     * @param {Float64Array} validation
     */
    recall(train, test, validation) {
      const columns = /** @type {const} */ ([
        [trainLoss, train],
        [testLoss, test],
        [validationLoss, validation],
      ]);
      for (const [column, losses] of columns) {
        column.clear();
        for (const loss of losses) column.push(loss);
      }
      runData.epoch = Math.max(0, train.length - 1);
    },

    /**
     * Adds a frame, unless it belongs to an earlier run.
     * @param {Frame | FrameLosses} frame
     * @param {number} time of arrival, in milliseconds
     * @returns {boolean} whether it was added
     */
    accept(frame, time) {
      if (frame.run < runData.run) return false;
      if (frame.run > runData.run) {
        if (frame.lineage === runData.lineage) runData.reshape(frame.run);
        else runData.begin(frame.run);
      }
      runData.lineage = frame.lineage;
      appendLosses(frame);
      runData.epoch = frame.epoch;
      runData.step = frame.step;
      if ("map" in frame) {
        runData.latest = frame;
        if (frame.mapOf === "output") runData.latestOutput = frame;
      }
      if (frame.trainPoints && frame.testPoints) {
        runData.trainPoints = frame.trainPoints;
        runData.testPoints = frame.testPoints;
        runData.validationPoints = frame.validationPoints ?? new Float32Array(0);
        runData.pointsVersion += 1;
      }
      marks.push({ time, epoch: frame.epoch });
      while (marks.length > 2 && time - /** @type {{ time: number }} */ (marks[0]).time > SPEED_WINDOW) {
        marks.shift();
      }
      return true;
    },

    /**
     * The newest picture of a unit, or of the output: the large map if it was sent, otherwise the unit's tile.
     * @param {{ layer: number, unit: number } | null} unit null is the whole output; one of many outputs is a unit of the
     *   layer after the hidden ones
     * @param {number[]} hidden units per hidden layer
     * @returns {Picture | null}
     */
    picture(unit, hidden) {
      const { latest, latestOutput } = runData;
      if (unit === null) {
        if (!latestOutput) return null;
        const { map, mapClasses, resolution } = latestOutput;
        return { bytes: map, classes: mapClasses, side: resolution };
      }
      if (!latest) return null;
      if (latest.mapOf === `${unit.layer}:${unit.unit}`)
        return { bytes: latest.map, classes: null, side: latest.resolution };
      const before = hidden.slice(0, unit.layer).reduce((sum, units) => sum + units, 0);
      const start = (before + unit.unit) * TILE_SIDE ** 2;
      const bytes = latest.tiles?.subarray(start, start + TILE_SIDE ** 2);
      return bytes?.length === TILE_SIDE ** 2 ? { bytes, classes: null, side: TILE_SIDE } : null;
    },

    /** Restarts the measurement of speed, after a pause or a change. */
    restartClock() {
      marks = marks.slice(-1);
    },

    /**
     * Epochs a second over the last moments, or NaN if there are too few frames.
     * @returns {number}
     */
    speed() {
      const first = marks[0];
      const last = marks.at(-1);
      if (!first || !last || last.time - first.time < 200) return Number.NaN;
      return ((last.epoch - first.epoch) * 1000) / (last.time - first.time);
    },
  };

  /** @param {FrameLosses} frame */
  function appendLosses(frame) {
    const { epochs } = frame;
    for (let index = 0; index < epochs.length; index++) {
      const epoch = /** @type {number} */ (epochs[index]);
      if (epoch < trainLoss.length) continue;
      append(trainLoss, epoch, frame.trainLoss[index]);
      append(testLoss, epoch, frame.testLoss[index]);
      if (frame.validationLoss) append(validationLoss, epoch, frame.validationLoss[index]);
    }
  }

  /**
   * @param {import("../lib/data/column.js").Column} column
   * @param {number} epoch
   * @param {number | undefined} loss
   */
  function append(column, epoch, loss = Number.NaN) {
    while (column.length < epoch) column.push(Number.NaN);
    column.push(loss);
  }

  return runData;
}
