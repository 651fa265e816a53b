/** The axes of the loss chart: positions of epochs and losses, and their labels. */

import { lossDomain, lossTickText } from "../../lib/draw/loss-axis.js";
import { linearScale, linearTicks, logScale, logTicks } from "../../lib/draw/scale.js";
import { formatCount } from "../../lib/text/format.js";
import { phrase } from "../../lib/text/i18n.js";

/** @import { Scale } from "../../lib/draw/scale.js" */

/** Nearer to the right end than this, a number is right-aligned at its tick instead of centred. */
const TICK_ROOM = 28;

/**
 * @typedef {object} Box the inside of the chart, in pixels
 * @property {number} left
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 */

/**
 * @typedef {object} EpochAxis
 * @property {Scale} x
 * @property {(pixel: number) => number} epochAt inverse of `x`, with fractions of an epoch
 * @property {number[]} ticks
 */

/**
 * Scale and ticks of the epochs 0 … last. A logarithmic axis is that of 1 + epoch, so that it includes epoch 0.
 * @param {boolean} logarithmic
 * @param {number} last
 * @param {Box} box
 * @param {number} room space for a number, in pixels
 * @returns {EpochAxis}
 */
export function epochAxis(logarithmic, last, { left, right }, room) {
  const count = Math.max(2, Math.floor((right - left) / room));
  if (!logarithmic) {
    const back = linearScale(left, right, 0, last);
    const ticks = linearTicks(0, last, count).filter(Number.isInteger);
    return { x: linearScale(0, last, left, right), epochAt: back, ticks };
  }
  const line = linearScale(0, Math.log1p(last), left, right);
  const back = linearScale(left, right, 0, Math.log1p(last));
  const ticks = last < 2 ? [1] : logTicks(1, last, count).filter(Number.isInteger);
  const x = (/** @type {number} */ epoch) => line(Math.log1p(epoch));
  const shown = ticks.filter((tick, index) => x(tick) - x(ticks[index - 1] ?? 0) > room / 3);
  return { x, epochAt: (pixel) => Math.expm1(back(pixel)), ticks: [0, ...shown] };
}

/**
 * @typedef {object} LossAxis
 * @property {Scale} y
 * @property {number[]} ticks
 */

/**
 * @param {boolean} logarithmic
 * @param {[low: number, high: number]} extremes as a column gives them
 * @param {Box} box
 * @param {number} room space between two numbers, in pixels
 * @returns {LossAxis}
 */
export function lossAxis(logarithmic, extremes, { top, bottom }, room) {
  const [low, high] = lossDomain(logarithmic, extremes, 4);
  const rows = Math.max(2, Math.floor((bottom - top) / room));
  return logarithmic
    ? { y: logScale(low, high, bottom, top), ticks: logTicks(low, high, rows) }
    : { y: linearScale(low, high, bottom, top), ticks: linearTicks(low, high, rows) };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {EpochAxis} epochs
 * @param {LossAxis} losses
 * @param {Box} box
 * @param {{ font: string, text: string, grid: string, foot: number }} look `foot` is the baseline of the epochs
 */
export function paintAxes(context, epochs, losses, { left, right }, { font, text, grid, foot }) {
  context.font = font;
  context.fillStyle = text;
  context.strokeStyle = grid;
  context.lineWidth = 1;
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.beginPath();
  for (const tick of losses.ticks) {
    const at = Math.round(losses.y(tick)) + 0.5;
    context.moveTo(left, at);
    context.lineTo(right, at);
    context.fillText(lossTickText(tick), left - 8, at);
  }
  context.stroke();
  context.textBaseline = "alphabetic";
  for (const tick of epochs.ticks) {
    const at = epochs.x(tick);
    context.textAlign = at > right - TICK_ROOM ? "right" : "center";
    context.fillText(formatCount(tick), at, foot);
  }
  context.textAlign = "left";
  context.fillText(phrase("chart.epochs"), right + 10, foot);
}
