/** The samples on the map: colour and shape show the class, the rim the part of the samples. */

import { markOf, traceMark } from "../../lib/draw/class-shapes.js";
import { scaleIndex } from "../../lib/draw/color.js";

/** @import { Palettes } from "../../types/app.js" */

/**
 * @typedef {object} Look
 * @property {Palettes} palettes
 * @property {number} classes how many there are; 0 for values
 * @property {number} radius
 * @property {string} rim colour of the outline
 * @property {string | null} ring colour of a second, wider outline; none for most
 */

/**
 * @typedef {object} Place
 * @property {number} low end of both axes
 * @property {number} high
 * @property {number} side of the picture in pixels
 */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Float32Array} points x1, x2, target of each
 * @param {Place} place
 * @param {Look} look
 */
export function drawPoints(context, points, { low, high, side }, look) {
  const { palettes, classes, radius } = look;
  for (let index = 0; index + 2 < points.length; index += 3) {
    const x1 = /** @type {number} */ (points[index]);
    const x2 = /** @type {number} */ (points[index + 1]);
    const target = /** @type {number} */ (points[index + 2]);
    if (x1 < low || x1 > high || x2 < low || x2 > high) continue;
    const x = ((x1 - low) / (high - low)) * side;
    const y = ((high - x2) / (high - low)) * side;
    const { scale } = palettes;
    context.fillStyle =
      (classes > 2 ? palettes.classes[target] : scale[scaleIndex(target, scale.length)]) ?? "";
    if (look.ring) {
      context.strokeStyle = look.ring;
      context.lineWidth = 1.5;
      context.beginPath();
      context.arc(x, y, radius + 3, 0, 2 * Math.PI);
      context.stroke();
    }
    context.strokeStyle = look.rim;
    context.lineWidth = 1;
    context.beginPath();
    traceMark(context, markOf(target, classes), x, y, radius);
    context.fill();
    context.stroke();
  }
}
