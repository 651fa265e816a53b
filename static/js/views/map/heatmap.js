/** The large map: a grid of bytes as colours, with axes, and the points on it. */

import { context2d, createPixels, fitCanvas } from "../../lib/dom/canvas.js";
import { create, find, setAttribute, setText } from "../../lib/dom/dom.js";
import { resolveColors } from "../../lib/draw/color.js";
import { paletteFor } from "../../lib/draw/palettes.js";
import { linearTicks } from "../../lib/draw/scale.js";
import { drawPoints as drawSet } from "./points.js";

/** @import { Palettes, Picture, Points, View } from "../../types/app.js" */

/** Side of the canvas into which a coarser grid is enlarged. */
const FULL = 100;
/** Shortest time between two text alternatives, in milliseconds. */
const TEXT_PAUSE = 1000;

/**
 * @typedef {object} HeatmapProps
 * @property {Palettes} palettes
 * @property {boolean} discretize
 * @property {boolean} showTest
 * @property {number} classes how many there are, distinguished by shape; 0 for values
 * @property {number | null} shown the class whose probability the map shows
 * @property {string} caption
 */

/**
 * @param {HTMLElement} element
 * @param {{ region: readonly [number, number] }} options
 * @returns {View<HeatmapProps> & {
 *   draw: (picture: Picture) => void,
 *   setPoints: (points: Points) => void,
 *   describe: (text: string, time: number) => void,
 * }}
 */
export function createHeatmap(element, { region: [low, high] }) {
  const map = find(element, ".plot__map", HTMLCanvasElement);
  const overlay = find(element, ".plot__points", HTMLCanvasElement);
  const caption = find(element, ".plot__subject", HTMLElement);
  const pixels = createPixels(map);
  const small = document.createElement("canvas");
  const smallPixels = createPixels(small);
  /** @type {HeatmapProps | null} */
  let props = null;
  const none = new Float32Array(0);
  /** @type {Points} */
  let points = { train: none, test: none, validation: none };
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
    const scale = Number.parseFloat(getComputedStyle(element).getPropertyValue("--point-scale")) || 1;
    const radius = (side < 240 ? 2.6 : 3.4) * scale;
    const rims = ["--rim-training", "--rim-test", "--rim-validation"];
    const [trainRim = "", testRim = "", ring = ""] = resolveColors(element, rims);
    const { palettes, classes } = props;
    const place = { low, high, side };
    const look = { palettes, classes, radius };
    if (props.showTest) {
      drawSet(context, points.test, place, { ...look, rim: testRim, ring: null });
      drawSet(context, points.validation, place, { ...look, rim: testRim, ring });
    }
    drawSet(context, points.train, place, { ...look, rim: trainRim, ring: null });
  }

  return {
    update(next) {
      props = next;
      setText(caption, next.caption);
      element.toggleAttribute("data-classes", next.classes > 0);
      element.toggleAttribute("data-test", next.showTest);
      drawPoints();
    },
    draw({ bytes, classes, side: gridSide }) {
      if (!props) return;
      const palette = paletteFor(props, classes !== null);
      if (gridSide >= FULL / 2) {
        pixels.paint(bytes, gridSide, palette, classes);
        return;
      }
      smallPixels.paint(bytes, gridSide, palette, classes);
      if (map.width !== FULL) {
        map.width = FULL;
        map.height = FULL;
      }
      const context = context2d(map);
      context.imageSmoothingEnabled = true;
      context.imageSmoothingQuality = "high";
      context.drawImage(small, 0, 0, FULL, FULL);
    },
    setPoints(next) {
      points = next;
      element.toggleAttribute("data-validation", next.validation.length > 0);
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
