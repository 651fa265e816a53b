/** One curve of the loss chart. */

import { FAN } from "../../lib/data/column.js";
import { clamp } from "../../lib/draw/scale.js";

/** @import { Column } from "../../lib/data/column.js" */
/** @import { Scale } from "../../lib/draw/scale.js" */

/**
 * @typedef {object} Axes
 * @property {Scale} x
 * @property {Scale} y
 * @property {(pixel: number) => number} epochAt inverse of `x`
 * @property {number} last epoch
 * @property {{ left: number, right: number, top: number, bottom: number }} box curves are clipped to its top and bottom
 */

/**
 * Paints one point per epoch where they fit; otherwise the smallest and largest loss of each pixel column.
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
      // Each pixel begins at the end of the one before, so that no epoch is skipped.
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
 * The ends of pixels are aligned to blocks whose extremes the column has, by less than half a pixel, so that the cost per
 * pixel does not depend on the length of the column.
 * @param {number} epochs within a pixel
 * @returns {number} 1, 16, 256 …
 */
function blockSize(epochs) {
  return epochs < 2 * FAN ? 1 : FAN ** Math.floor(Math.log(epochs / 2) / Math.log(FAN));
}
