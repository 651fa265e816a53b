/** One curve of the loss chart. */

import { clamp } from "../../lib/scale.js";

/** @import { Column } from "../../lib/column.js" */
/** @import { Scale } from "../../lib/scale.js" */

/**
 * @typedef {object} Axes
 * @property {Scale} x
 * @property {Scale} y
 * @property {(pixel: number) => number} epochAt the way back from `x`
 * @property {number} last epoch
 * @property {{ left: number, right: number, top: number, bottom: number }} box beyond whose top and bottom nothing is drawn
 */

/**
 * One point per epoch while there is room; else, per pixel column, a stroke from the smallest to the largest.
 * @param {CanvasRenderingContext2D} context
 * @param {Column} column
 * @param {Axes} axes
 * @param {{ color: string, width: number, dash: number[] }} look
 */
export function paintCurve(context, column, { x, y, epochAt, last, box }, { color, width, dash }) {
  /**
   * @param {number} at
   * @param {number} value
   */
  function lineTo(at, value) {
    if (!Number.isNaN(value)) context.lineTo(at, clamp(y(value), box.top, box.bottom));
  }

  const pixels = box.right - box.left;
  context.beginPath();
  if (last <= pixels) {
    for (let epoch = 0; epoch < column.length; epoch++) lineTo(x(epoch), column.at(epoch));
  } else {
    /** @type {[number, number]} */
    const pair = [0, 0];
    for (let pixel = 0; pixel <= pixels; pixel++) {
      // The two ends of a pixel are met by rounding; a little more makes sure that no epoch falls between.
      const from = Math.floor(epochAt(box.left + pixel) + 1e-9);
      const to = Math.max(from + 1, Math.floor(epochAt(box.left + pixel + 1) + 1e-9));
      column.extremes(from, to, pair);
      if (pair[0] > pair[1]) continue;
      const at = to > from + 1 ? box.left + pixel : x(from);
      lineTo(at, pair[1]);
      if (pair[1] > pair[0]) lineTo(at, pair[0]);
    }
  }
  context.strokeStyle = color;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
}
