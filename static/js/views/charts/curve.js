/** One curve of the loss chart. */

import { FAN } from "../../lib/data/column.js";
import { clamp } from "../../lib/draw/scale.js";

/** @import { Column } from "../../lib/data/column.js" */
/** @import { Scale } from "../../lib/draw/scale.js" */

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
    let from = Math.max(0, Math.floor(epochAt(box.left) + 1e-9));
    for (let pixel = 0; pixel <= pixels; pixel++) {
      // Each pixel begins where the one before has ended, so that no epoch falls between.
      const reach = epochAt(box.left + pixel + 1);
      const size = blockSize(reach - from);
      const to = Math.floor(reach / size + 1e-9) * size;
      if (to <= from) continue;
      column.extremes(from, to, pair);
      const at = to > from + 1 ? box.left + pixel : x(from);
      from = to;
      if (pair[0] > pair[1]) continue;
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

/**
 * Ends of pixels are moved to those of blocks of which the column knows the extremes, by less than half a pixel: so a
 * pixel costs about as much in a long column as in a short one.
 * @param {number} epochs within a pixel
 * @returns {number} 1, 16, 256 …
 */
function blockSize(epochs) {
  return epochs < 2 * FAN ? 1 : FAN ** Math.floor(Math.log(epochs / 2) / Math.log(FAN));
}
