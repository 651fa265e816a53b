/** The large map: a grid of bytes as colours, with axes, and the points on it. */

import { context2d, createPixels, fitCanvas } from "../lib/canvas.js";
import { resolveColors, scaleIndex } from "../lib/color.js";
import { create, find, setAttribute, setText } from "../lib/dom.js";
import { linearTicks } from "../lib/scale.js";

/** @import { Palettes, View } from "../types/app.js" */

/** Side of the picture when a coarser grid is enlarged into it. */
const FULL = 100;
/** Least time between two text alternatives, in milliseconds. */
const TEXT_PAUSE = 1000;

/**
 * @typedef {object} HeatmapProps
 * @property {Palettes} palettes
 * @property {boolean} discretize
 * @property {boolean} showTest
 * @property {boolean} classes whether targets are two classes, told apart by shape
 * @property {string} caption
 */

/**
 * @param {HTMLElement} element
 * @param {{ region: readonly [number, number] }} options
 * @returns {View<HeatmapProps> & {
 *   draw: (bytes: ArrayLike<number>, side: number) => void,
 *   setPoints: (train: Float32Array, test: Float32Array) => void,
 *   describe: (text: string, time: number) => void,
 * }}
 */
export function createHeatmap(element, { region: [low, high] }) {
  const map = find(element, ".plot__map", HTMLCanvasElement);
  const overlay = find(element, ".plot__points", HTMLCanvasElement);
  const caption = find(element, ".plot__what", HTMLElement);
  const pixels = createPixels(map);
  const small = document.createElement("canvas");
  const smallPixels = createPixels(small);
  /** @type {HeatmapProps | null} */
  let props = null;
  /** @type {Float32Array} */
  let train = new Float32Array(0);
  /** @type {Float32Array} */
  let test = new Float32Array(0);
  let side = 0;
  let nextText = 0;

  for (const axis of ["x", "y"]) {
    const box = find(element, `.plot__axis--${axis}`, HTMLElement);
    for (const tick of linearTicks(low, high, 6)) {
      const mark = create("span", { class: "plot__tick" }, String(tick).replace("-", "\u2212"));
      if (tick === 0) mark.dataset.zero = "true";
      const share = (tick - low) / (high - low);
      mark.style.setProperty("--at", String(axis === "x" ? share : 1 - share));
      box.append(mark);
    }
  }

  const stopFitting = fitCanvas(overlay, (width) => {
    side = width;
    drawPoints();
  });

  function drawPoints() {
    if (!props || side === 0) return;
    const context = context2d(overlay);
    context.clearRect(0, 0, side, side);
    const radius = side < 240 ? 2.6 : 3.4;
    const [trainRim = "", testRim = ""] = resolveColors(element, ["--rim-training", "--rim-test"]);
    if (props.showTest) drawSet(context, test, radius, testRim, props);
    drawSet(context, train, radius, trainRim, props);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Float32Array} points
   * @param {number} radius
   * @param {string} rim colour of the outline
   * @param {HeatmapProps} about
   */
  function drawSet(context, points, radius, rim, { palettes: { scale }, classes }) {
    context.strokeStyle = rim;
    context.lineWidth = 1;
    for (let index = 0; index + 2 < points.length; index += 3) {
      const x1 = /** @type {number} */ (points[index]);
      const x2 = /** @type {number} */ (points[index + 1]);
      const target = /** @type {number} */ (points[index + 2]);
      if (x1 < low || x1 > high || x2 < low || x2 > high) continue;
      const x = ((x1 - low) / (high - low)) * side;
      const y = ((high - x2) / (high - low)) * side;
      context.fillStyle = scale[scaleIndex(target, scale.length)] ?? "";
      context.beginPath();
      if (classes && target < 0) {
        const reach = radius * 1.3;
        context.moveTo(x, y - reach);
        context.lineTo(x + reach, y);
        context.lineTo(x, y + reach);
        context.lineTo(x - reach, y);
        context.closePath();
      } else {
        context.arc(x, y, radius, 0, 2 * Math.PI);
      }
      context.fill();
      context.stroke();
    }
  }

  return {
    update(next) {
      props = next;
      setText(caption, next.caption);
      element.toggleAttribute("data-classes", next.classes);
      element.toggleAttribute("data-test", next.showTest);
      drawPoints();
    },
    draw(bytes, gridSide) {
      if (!props) return;
      const palette = props.discretize ? props.palettes.discrete : props.palettes.smooth;
      if (gridSide >= FULL / 2) {
        pixels.paint(bytes, gridSide, palette);
        return;
      }
      smallPixels.paint(bytes, gridSide, palette);
      if (map.width !== FULL) {
        map.width = FULL;
        map.height = FULL;
      }
      const context = context2d(map);
      context.imageSmoothingEnabled = true;
      context.imageSmoothingQuality = "high";
      context.drawImage(small, 0, 0, FULL, FULL);
    },
    setPoints(trainPoints, testPoints) {
      train = trainPoints;
      test = testPoints;
      drawPoints();
    },
    describe(text, time) {
      if (time < nextText) return;
      nextText = time + TEXT_PAUSE;
      setAttribute(map, "aria-label", text);
    },
    destroy: stopFitting,
  };
}
