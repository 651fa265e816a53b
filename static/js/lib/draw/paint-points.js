/** Paints thousands of points on a canvas. */

import { traceMark } from "./class-shapes.js";
import { scaleIndex } from "./color.js";

/** @import { Kind, Point, PointSet } from "../../own-data/point-set.js" */

/** Up to this number, points are drawn one by one; beyond, all of one colour are one path, and rims show through. */
const FEW = 1200;

/**
 * @typedef {object} Colors
 * @property {string[]} classes by number
 * @property {string[]} scale from −1 to 1
 */

/**
 * @typedef {object} Surface
 * @property {number} low end of both axes
 * @property {number} high
 * @property {number} side in pixels
 */

/**
 * @param {Colors} colors
 * @param {Kind} kind
 * @param {Point} point
 * @returns {string}
 */
export function colorOf({ classes, scale }, kind, [, , label, value]) {
  return (kind === "classes" ? classes[label] : scale[scaleIndex(value, scale.length)]) ?? "";
}

/**
 * Classes by colour and shape, values by colour.
 * @param {CanvasRenderingContext2D} context
 * @param {PointSet} set
 * @param {Surface} surface
 * @param {{ colors: Colors, radius: number, rim: string }} look
 */
export function paintPoints(context, { kind, points }, { low, high, side }, { colors, radius, rim }) {
  /** @type {Map<string, Point[]>} */
  const groups = new Map();
  for (const point of points) {
    const color = colorOf(colors, kind, point);
    const group = groups.get(color);
    if (group) group.push(point);
    else groups.set(color, [point]);
  }
  const apart = points.length <= FEW;
  context.lineWidth = 1;
  context.strokeStyle = rim;
  for (const [color, group] of groups) {
    context.fillStyle = color;
    context.beginPath();
    for (const [x1, x2, label] of group) {
      if (x1 < low || x1 > high || x2 < low || x2 > high) continue;
      const x = ((x1 - low) / (high - low)) * side;
      const y = ((high - x2) / (high - low)) * side;
      if (apart) context.beginPath();
      traceMark(context, kind === "classes" ? label : 0, x, y, radius);
      if (!apart) continue;
      context.fill();
      context.stroke();
    }
    if (apart) continue;
    context.fill();
    context.stroke();
  }
}

/**
 * The same as small squares, for a thumbnail; points beyond the picture are left out.
 * @param {CanvasRenderingContext2D} context
 * @param {PointSet} set
 * @param {Surface} surface
 * @param {{ colors: Colors, size: number }} look
 */
export function paintDots(context, { kind, points }, { low, high, side }, { colors, size }) {
  for (const point of points) {
    const [x1, x2] = point;
    context.fillStyle = colorOf(colors, kind, point);
    const x = ((x1 - low) / (high - low)) * side;
    const y = ((high - x2) / (high - low)) * side;
    context.fillRect(x - size / 2, y - size / 2, size, size);
  }
}
