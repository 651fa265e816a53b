/** The band between training and test loss. */

import { clamp } from "../../lib/draw/scale.js";

/** @import { Column } from "../../lib/data/column.js" */
/** @import { Axes } from "./curve.js" */

const STRENGTH = 0.2;

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Column} one
 * @param {Column} other
 * @param {Axes} axes
 * @param {string} color
 */
export function paintGap(context, one, other, { x, y, epochAt, last, box }, color) {
  const pixels = box.right - box.left;
  const count = Math.min(one.length, other.length);
  const steps = Math.min(last, Math.ceil(pixels / 2));
  /** @type {[at: number, one: number, other: number][]} */
  const pairs = [];
  for (let step = 0; step <= steps; step++) {
    const epoch =
      last <= steps ? step : Math.min(count - 1, Math.round(epochAt(box.left + (step / steps) * pixels)));
    const first = one.at(epoch);
    const second = other.at(epoch);
    if (Number.isNaN(first) || Number.isNaN(second)) continue;
    pairs.push([x(epoch), clamp(y(first), box.top, box.bottom), clamp(y(second), box.top, box.bottom)]);
  }
  if (pairs.length < 2) return;
  context.beginPath();
  for (const [at, first] of pairs) context.lineTo(at, first);
  for (const [at, , second] of pairs.toReversed()) context.lineTo(at, second);
  context.closePath();
  context.globalAlpha = STRENGTH;
  context.fillStyle = color;
  context.fill();
  context.globalAlpha = 1;
}
