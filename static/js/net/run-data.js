/**
 * The streamed numbers of one run: the newest arrays of each view, and the losses of every epoch.
 * They are not in the store, because they change with every frame; views read them when they draw.
 */

/**
 * @import { FrameRun, FrameViews, Picture, Points } from "../types/app.js"
 * @import { Column } from "../lib/data/column.js"
 */

import { createColumn } from "../lib/data/column.js";

/** The measured speed is that of this last time, in milliseconds. */
const SPEED_WINDOW = 1500;

/** Cells along a side of a unit's tile. */
const TILE_SIDE = 20;

const PARTS = /** @type {const} */ (["train", "test", "validation"]);

/** @type {FrameViews} */
const NO_VIEWS = {};

/** @type {Points} */
const NO_POINTS = {
  train: new Float32Array(0),
  test: new Float32Array(0),
  validation: new Float32Array(0),
};

/** @typedef {ReturnType<typeof createRunData>} RunData */

/**
 * @param {number} run its number
 * @param {{ lineage: number, points: Points }} [before] the run before; its points are shown until those of this one come
 */
export function createRunData(run, { lineage, points } = { lineage: 0, points: NO_POINTS }) {
  /** @type {{ time: number, epoch: number }[]} */
  let marks = [];

  const runData = {
    run,
    lineage,
    epoch: 0,
    step: 0,
    /** By epoch: the value at index 7 is that after epoch 7. `validation` stays empty where there are no such samples. */
    losses: { train: createColumn(), test: createColumn(), validation: createColumn() },
    /** Another object whenever they are replaced. */
    points,
    /** @type {FrameRun | null} the newest frame with views */
    latest: null,
    /** The newest arrays of each view. */
    views: NO_VIEWS,
    /** @type {FrameViews["map"] | null} the newest map of the output */
    outputMap: null,

    /**
     * Drops the views of an earlier shape; the network continues with its weights, as another run.
     * @param {number} run
     */
    reshape(run) {
      runData.run = run;
      runData.latest = null;
      runData.views = NO_VIEWS;
      runData.outputMap = null;
    },

    /**
     * Continues as it was at an epoch; later losses are dropped.
     * @param {number} epoch
     */
    rewind(epoch) {
      for (const part of PARTS) runData.losses[part].truncate(epoch + 1);
      runData.epoch = epoch;
      marks = [];
    },

    /**
     * Restores the losses of an earlier visit.
     * @param {Record<typeof PARTS[number], Float64Array>} losses by epoch
     */
    recall(losses) {
      for (const part of PARTS) {
        runData.losses[part].clear();
        for (const loss of losses[part]) runData.losses[part].push(loss);
      }
      runData.epoch = Math.max(0, losses.train.length - 1);
    },

    /**
     * Adds what a frame has of this run.
     * @param {FrameRun} frame
     * @param {number} time of arrival, in milliseconds
     */
    accept(frame, time) {
      runData.lineage = frame.lineage;
      appendLosses(frame.losses);
      runData.epoch = frame.epoch;
      runData.step = frame.step;
      if (Object.keys(frame.views).length > 0) {
        runData.latest = frame;
        runData.views = frame.views;
        if (frame.views.map?.of === "output") runData.outputMap = frame.views.map;
      }
      if (frame.points) runData.points = frame.points;
      marks.push({ time, epoch: frame.epoch });
      while (marks.length > 2 && time - /** @type {{ time: number }} */ (marks[0]).time > SPEED_WINDOW) {
        marks.shift();
      }
    },

    /**
     * The newest picture of a unit, or of the output: the large map if it was sent, otherwise the unit's tile.
     * @param {{ layer: number, unit: number } | null} unit null is the whole output; one of many outputs is a unit of the
     *   layer after the hidden ones
     * @param {number[]} hidden units per hidden layer
     * @returns {Picture | null}
     */
    picture(unit, hidden) {
      const { views, outputMap } = runData;
      const map = unit === null ? outputMap : views.map;
      if (map && (unit === null || map.of === `${unit.layer}:${unit.unit}`))
        return { bytes: map.values, classes: map.classes ?? null, side: map.resolution };
      if (unit === null) return null;
      const before = hidden.slice(0, unit.layer).reduce((sum, units) => sum + units, 0);
      const start = (before + unit.unit) * TILE_SIDE ** 2;
      const bytes = views.tiles?.values.subarray(start, start + TILE_SIDE ** 2);
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

  /** @param {FrameRun["losses"]} added */
  function appendLosses({ epochs, train, test, validation }) {
    const { losses } = runData;
    for (let index = 0; index < epochs.length; index++) {
      const epoch = /** @type {number} */ (epochs[index]);
      if (epoch < losses.train.length) continue;
      append(losses.train, epoch, train[index]);
      append(losses.test, epoch, test[index]);
      if (validation) append(losses.validation, epoch, validation[index]);
    }
  }

  return runData;
}

/**
 * @param {Column} column
 * @param {number} epoch
 * @param {number | undefined} loss
 */
function append(column, epoch, loss = Number.NaN) {
  while (column.length < epoch) column.push(Number.NaN);
  column.push(loss);
}
