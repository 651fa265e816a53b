/** The board: the points on a grid, and an overlay with the keyboard's cross and the tool's circle. */

import { context2d, fitCanvas } from "../../lib/dom/canvas.js";
import { resolveColors } from "../../lib/draw/color.js";
import { paintPoints } from "../../lib/draw/paint-points.js";
import { clamp, linearTicks } from "../../lib/draw/scale.js";

/** @import { Colors } from "../../lib/draw/paint-points.js" */
/** @import { PointSet } from "../../own-data/point-set.js" */

/** Smallest distance between two numbers, in pixels. */
const TICK_ROOM = 56;
/** Above this number, points are drawn smaller. */
const CROWD = 1200;

/**
 * @typedef {object} Pointing
 * @property {readonly [x1: number, x2: number] | null} cross position of the keyboard cursor
 * @property {readonly [x1: number, x2: number] | null} circle position of the pointer
 * @property {number} radius of the circle
 */

/**
 * @param {HTMLCanvasElement} canvas for the points
 * @param {HTMLCanvasElement} overlay for cross and circle
 * @param {{ region: readonly [number, number] }} options
 */
export function createBoard(canvas, overlay, { region: [low, high] }) {
  let side = 0;
  /** @type {{ set: PointSet, colors: Colors } | null} */
  let shown = null;
  /** @type {Pointing} */
  let pointing = { cross: null, circle: null, radius: 0 };
  let requested = 0;

  const stops = [
    fitCanvas(canvas, (width) => {
      side = width;
      paint();
    }),
    fitCanvas(overlay, paintPointing),
  ];

  const across = (/** @type {number} */ x1) => ((x1 - low) / (high - low)) * side;
  const down = (/** @type {number} */ x2) => ((high - x2) / (high - low)) * side;

  function paint() {
    requested = 0;
    if (!shown || side === 0) return;
    const context = context2d(canvas);
    context.clearRect(0, 0, side, side);
    const [line = "", axis = "", text = "", rim = ""] = resolveColors(canvas.parentElement ?? canvas, [
      "--hair",
      "--rule",
      "--text-soft",
      // Values near 0 are as pale as the background.
      shown.set.kind === "values" ? "--text-soft" : "--rim-training",
    ]);
    paintGrid(context, line, axis, text);
    const radius = side < 420 || shown.set.points.length > CROWD ? 3.2 : 4.2;
    paintPoints(context, shown.set, { low, high, side }, { colors: shown.colors, radius, rim });
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} line
   * @param {string} axis
   * @param {string} text
   */
  function paintGrid(context, line, axis, text) {
    const steps = linearTicks(low, high, side / TICK_ROOM > 10 ? 12 : 6);
    context.lineWidth = 1;
    for (const tick of steps) {
      if (tick === low || tick === high) continue;
      context.strokeStyle = tick === 0 ? axis : line;
      context.beginPath();
      context.moveTo(Math.round(across(tick)) + 0.5, 0);
      context.lineTo(Math.round(across(tick)) + 0.5, side);
      context.moveTo(0, Math.round(down(tick)) + 0.5);
      context.lineTo(side, Math.round(down(tick)) + 0.5);
      context.stroke();
    }
    context.fillStyle = text;
    context.font = `11px ${getComputedStyle(canvas).fontFamily}`;
    for (const tick of linearTicks(low, high, 6)) {
      if (tick === low || tick === high) continue;
      const written = String(tick).replace("-", "\u2212");
      context.textAlign = "left";
      context.textBaseline = "bottom";
      context.fillText(written, across(tick) + 3, side - 3);
      if (tick === 0) continue;
      context.textBaseline = "middle";
      context.textAlign = "right";
      context.fillText(written, side - 4, down(tick) - 7);
    }
  }

  function paintPointing() {
    const context = context2d(overlay);
    context.clearRect(0, 0, side, side);
    const { cross, circle, radius } = pointing;
    const [ink = "", paper = ""] = resolveColors(canvas.parentElement ?? canvas, ["--ink", "--sheet"]);
    if (circle && radius > 0) {
      outline(context, circle, (radius / (high - low)) * side, [paper, ink]);
    }
    if (!cross) return;
    const [x, y] = [across(cross[0]), down(cross[1])];
    for (const [width, color] of /** @type {const} */ ([
      [5, paper],
      [2, ink],
    ])) {
      context.lineWidth = width;
      context.strokeStyle = color;
      context.beginPath();
      for (const [dx, dy] of /** @type {const} */ ([
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ])) {
        context.moveTo(x + 5 * dx, y + 5 * dy);
        context.lineTo(x + 14 * dx, y + 14 * dy);
      }
      context.stroke();
    }
    if (radius > 0) outline(context, cross, (radius / (high - low)) * side, [paper, ink]);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {readonly [number, number]} centre
   * @param {number} radius in pixels
   * @param {string[]} colors from the outside in
   */
  function outline(context, centre, radius, colors) {
    colors.forEach((color, index) => {
      context.lineWidth = 3 - 2 * index;
      context.strokeStyle = color;
      context.beginPath();
      context.arc(across(centre[0]), down(centre[1]), radius, 0, 2 * Math.PI);
      context.stroke();
    });
  }

  return {
    /**
     * @param {PointSet} set
     * @param {Colors} colors
     */
    show(set, colors) {
      shown = { set, colors };
      if (requested === 0) requested = requestAnimationFrame(paint);
    },
    /** @param {Pointing} next */
    point(next) {
      pointing = next;
      paintPointing();
    },
    /**
     * The position of an event on the plane, to two decimals.
     * @param {{ clientX: number, clientY: number }} event
     * @returns {[x1: number, x2: number]}
     */
    placeOf({ clientX, clientY }) {
      const box = overlay.getBoundingClientRect();
      const share = (/** @type {number} */ pixels, /** @type {number} */ length) =>
        length > 0 ? pixels / length : 0;
      const x1 = low + share(clientX - box.left, box.width) * (high - low);
      const x2 = high - share(clientY - box.top, box.height) * (high - low);
      return [neat(x1), neat(x2)];
    },
    /**
     * @param {readonly [x1: number, x2: number]} place
     * @returns {boolean}
     */
    contains: ([x1, x2]) => x1 >= low && x1 <= high && x2 >= low && x2 <= high,
    /**
     * @param {readonly [x1: number, x2: number]} place
     * @returns {[x1: number, x2: number]} the nearest position on the board
     */
    clampToBoard: ([x1, x2]) => [neat(clamp(x1, low, high)), neat(clamp(x2, low, high))],
    destroy() {
      cancelAnimationFrame(requested);
      for (const stop of stops) stop();
    },
  };
}

/** @param {number} number */
function neat(number) {
  return Number(number.toFixed(2)) || 0;
}
