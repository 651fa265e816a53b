/** Small triangles on the axis of the epochs where settings were changed. */

/** @import { Scale } from "../../lib/draw/scale.js" */

const SIZE = 5;

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number[]} epochs
 * @param {{ x: Scale, top: number, bottom: number, color: string }} place
 */
export function paintTicks(context, epochs, { x, top, bottom, color }) {
  context.strokeStyle = color;
  context.fillStyle = color;
  context.lineWidth = 1;
  for (const epoch of epochs) {
    const at = Math.round(x(epoch)) + 0.5;
    context.setLineDash([2, 4]);
    context.beginPath();
    context.moveTo(at, top);
    context.lineTo(at, bottom);
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(at - SIZE, bottom + 1);
    context.lineTo(at + SIZE, bottom + 1);
    context.lineTo(at, bottom + 1 - 1.6 * SIZE);
    context.closePath();
    context.fill();
  }
}
