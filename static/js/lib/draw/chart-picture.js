/** The loss curves as an SVG file. */

import { formatCount } from "../text/format.js";
import { phrase } from "../text/i18n.js";
import { spread } from "./label-layout.js";
import { extremesOf, lossDomain, lossTickText } from "./loss-axis.js";
import { clamp, linearScale, linearTicks, logScale, logTicks } from "./scale.js";
import { label, svgFile, tag } from "./svg-text.js";

/** @import { Column } from "../data/column.js" */
/** @import { Scale } from "./scale.js" */

export const CHART_WIDTH = 1200;
export const CHART_HEIGHT = 600;
const BOX = { left: 96, right: 1060, top: 56, bottom: 540 };
const LABEL_HEIGHT = 26;
/** Nearer to the right end than this, a number is right-aligned at its tick instead of centred. */
const TICK_ROOM = 40;

/**
 * @typedef {object} ChartPictureOptions
 * @property {string} title
 * @property {{ name: string, column: Column, color: string, width: number, dash: string }[]} series
 * @property {boolean} logarithmic
 * @property {{ text: string, line: string }} colors
 */

/**
 * @param {ChartPictureOptions} options
 * @returns {string}
 */
export function chartPicture({ title, series, logarithmic, colors }) {
  const drawn = series.filter(({ column }) => column.length > 0);
  const last = Math.max(1, ...drawn.map(({ column }) => column.length - 1));
  const extremes = extremesOf(drawn.map(({ column }) => column));
  const [low, high] = lossDomain(logarithmic, extremes, 8);
  const x = linearScale(0, last, BOX.left, BOX.right);
  const y = (logarithmic ? logScale : linearScale)(low, high, BOX.bottom, BOX.top);
  const curves = drawn.map(({ column, color, width, dash }) =>
    tag("path", {
      d: curvePath(column, x, y, last),
      fill: "none",
      stroke: color,
      "stroke-width": width,
      "stroke-dasharray": dash,
      "stroke-linejoin": "round",
    }),
  );
  const ends = drawn.map(({ column }) => clamp(y(column.at(column.length - 1)), BOX.top, BOX.bottom));
  const places = spread(
    ends.map((end) => (Number.isFinite(end) ? end : BOX.top)),
    LABEL_HEIGHT,
    BOX.top,
    BOX.bottom,
  );
  const names = drawn.map(({ name, color }, index) =>
    label(BOX.right + 14, (places[index] ?? 0) + 7, name, { fill: color, "font-weight": 600 }),
  );
  return svgFile(CHART_WIDTH, CHART_HEIGHT, title, [
    grid(x, y, logarithmic ? logTicks(low, high, 8) : linearTicks(low, high, 8), last, colors),
    tag("g", { fill: colors.text }, label(BOX.left, 32, title)),
    ...curves,
    ...names,
  ]);
}

/**
 * One point per epoch where they fit; otherwise the smallest and largest loss of every half pixel.
 * @param {Column} column
 * @param {Scale} x
 * @param {Scale} y
 * @param {number} last
 * @returns {string}
 */
function curvePath(column, x, y, last) {
  const columns = 2 * (BOX.right - BOX.left);
  /** @type {string[]} */
  const places = [];
  const add = (/** @type {number} */ at, /** @type {number} */ value) => {
    if (!Number.isNaN(value))
      places.push(`${at.toFixed(1)} ${clamp(y(value), BOX.top - 6, BOX.bottom).toFixed(1)}`);
  };
  if (last <= columns) {
    for (let epoch = 0; epoch < column.length; epoch++) add(x(epoch), column.at(epoch));
  } else {
    for (let index = 0; index <= columns; index++) {
      const from = Math.floor((index * last) / columns);
      const [low, high] = column.extremes(
        from,
        Math.max(from + 1, Math.floor(((index + 1) * last) / columns)),
      );
      if (low > high) continue;
      add(BOX.left + index / 2, high);
      if (high > low) add(BOX.left + index / 2, low);
    }
  }
  return places.length > 0 ? `M${places.join("L")}` : "M0 0";
}

/**
 * @param {Scale} x
 * @param {Scale} y
 * @param {number[]} losses
 * @param {number} last
 * @param {{ text: string, line: string }} colors
 * @returns {string}
 */
function grid(x, y, losses, last, colors) {
  const lines = losses.map((tick) =>
    tag("line", { x1: BOX.left, x2: BOX.right, y1: y(tick), y2: y(tick), stroke: colors.line }),
  );
  const values = losses.map((tick) =>
    label(BOX.left - 12, y(tick) + 7, lossTickText(tick), { "text-anchor": "end" }),
  );
  const epochs = linearTicks(0, last, 8).filter(Number.isInteger);
  const counts = epochs.map((tick) =>
    label(x(tick), BOX.bottom + 32, formatCount(tick), {
      "text-anchor": x(tick) > BOX.right - TICK_ROOM ? "end" : "middle",
    }),
  );
  const name = label(BOX.right + 14, BOX.bottom + 32, phrase("chart.epochs"));
  return lines.join("") + tag("g", { fill: colors.text }, ...values, ...counts, name);
}
