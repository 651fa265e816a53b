/** The loss curves over all epochs, with axes, direct labels and a read-out. Cost per drawing is bounded by the width. */

import { context2d, fitCanvas } from "../lib/canvas.js";
import { resolveColors } from "../lib/color.js";
import { find, setAttribute, setText } from "../lib/dom.js";
import { formatCount, formatLoss, formatPlain } from "../lib/format.js";
import { clamp, linearScale, linearTicks, logScale, logTicks, niceStep } from "../lib/scale.js";
import { spread } from "../lib/spread.js";
import { paintCurve } from "./loss-chart/curve.js";

/** @import { Column } from "../lib/column.js" */
/** @import { Scale } from "../lib/scale.js" */
/** @import { View } from "../types/app.js" */

const MARGIN = { top: 10, right: 80, bottom: 24, left: 54 };
/** Least time between two drawings while the run goes on, in milliseconds. */
const PAUSE = 90;
/** Least time between two text alternatives, in milliseconds. */
const TEXT_PAUSE = 1000;
/** Smallest loss a logarithmic axis shows. */
const SMALLEST = 1e-12;
const LABEL_HEIGHT = 15;
/** Nearer to the right end than this, a number ends at its tick instead of lying round it. */
const TICK_ROOM = 28;

/**
 * @typedef {object} Series
 * @property {"test" | "training" | "validation"} name
 * @property {Column} column empty where there are no such samples
 * @property {number} width
 * @property {number[]} dash
 */

/**
 * @typedef {object} ChartOptions
 * @property {HTMLElement} readout where the value under the pointer is told
 * @property {string} idleText what it says otherwise
 * @property {string} emptyText what stands where the curves will be
 * @property {Column} trainLoss
 * @property {Column} testLoss
 * @property {Column} validationLoss
 */

/**
 * @param {HTMLElement} element
 * @param {ChartOptions} options
 * @returns {View<{ logScale: boolean }> & { draw: (time: number, settled: boolean) => boolean }}
 */
export function createLossChart(element, { readout, idleText, emptyText, ...losses }) {
  const scope = new AbortController();
  const { signal } = scope;
  const canvas = find(element, ".chart__canvas", HTMLCanvasElement);
  const cursor = find(element, ".chart__cursor", HTMLInputElement);
  const context = context2d(canvas);
  const { trainLoss, testLoss, validationLoss } = losses;
  /** @type {Series[]} */
  const series = [
    { name: "training", column: trainLoss, width: 1.5, dash: [] },
    { name: "test", column: testLoss, width: 2, dash: [] },
    { name: "validation", column: validationLoss, width: 2, dash: [5, 3] },
  ];
  let width = 0;
  let height = 0;
  let logarithmic = false;
  let nextDrawing = 0;
  let nextText = 0;
  /** @type {number | null} the epoch being read */
  let reading = null;
  let colors = readStyle();

  function readStyle() {
    const { fontFamily } = getComputedStyle(element);
    const names = ["test", "train", "validation"].map((name) => `--curve-${name}`);
    const resolved = resolveColors(element, [...names, "--chart-grid", "--chart-text"]);
    const [test = "", training = "", validation = "", grid = "", text = ""] = resolved;
    return {
      test,
      training,
      validation,
      grid,
      text,
      font: `12px ${fontFamily}`,
      labelFont: `600 12px ${fontFamily}`,
    };
  }

  const stopFitting = fitCanvas(canvas, (newWidth, newHeight) => {
    width = newWidth;
    height = newHeight;
    paint();
  });

  /** @param {PointerEvent} event */
  function readAt(event) {
    const { left } = canvas.getBoundingClientRect();
    const last = trainLoss.length - 1;
    if (last < 0) return;
    const share = (event.clientX - left - MARGIN.left) / (width - MARGIN.left - MARGIN.right);
    reading = Math.round(clamp(share, 0, 1) * last);
    paint();
  }

  function stopReading() {
    reading = null;
    paint();
  }

  cursor.addEventListener("pointermove", readAt, { signal });
  cursor.addEventListener("pointerdown", readAt, { signal });
  cursor.addEventListener("pointerleave", stopReading, { signal });
  cursor.addEventListener("blur", stopReading, { signal });
  cursor.addEventListener(
    "input",
    () => {
      if (cursor.matches(":hover")) return;
      reading = cursor.valueAsNumber;
      paint();
    },
    { signal },
  );
  cursor.addEventListener(
    "focus",
    () => {
      if (cursor.matches(":focus-visible")) {
        fitCursor();
        reading = cursor.valueAsNumber;
        paint();
      }
    },
    { signal },
  );

  /** The slider under the chart moves over all epochs, in about two hundred steps. */
  function fitCursor() {
    const last = Math.max(0, trainLoss.length - 1);
    setAttribute(cursor, "max", String(last));
    setAttribute(cursor, "step", String(Math.max(1, niceStep(last, 200))));
  }

  /** @returns {[low: number, high: number]} */
  function domain() {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const { column } of series) {
      const [smallest, largest] = column.extremes(0, column.length);
      low = Math.min(low, smallest);
      high = Math.max(high, largest);
    }
    if (!(high > Number.NEGATIVE_INFINITY)) return logarithmic ? [0.001, 1] : [0, 1];
    high = Math.min(high, Number.MAX_VALUE / 10);
    if (!logarithmic) {
      const step = niceStep(high || 1, 4);
      return [0, Math.max(step, Math.ceil((high / step) * 1.0001) * step)];
    }
    const floor = 10 ** Math.floor(Math.log10(Math.max(low, SMALLEST)));
    const ceiling = 10 ** Math.ceil(Math.log10(Math.max(high, SMALLEST * 10)));
    return [floor, Math.max(ceiling, floor * 10)];
  }

  function paint() {
    if (width === 0 || height === 0) return;
    const right = width - MARGIN.right;
    const bottom = height - MARGIN.bottom;
    const last = Math.max(1, trainLoss.length - 1);
    const [low, high] = domain();
    const x = linearScale(0, last, MARGIN.left, right);
    const y = logarithmic
      ? logScale(low, high, bottom, MARGIN.top)
      : linearScale(low, high, bottom, MARGIN.top);

    context.clearRect(0, 0, width, height);
    paintAxes(x, y, low, high, last);
    for (const { name, column, width: lineWidth, dash } of series) {
      const box = { left: MARGIN.left, right, top: MARGIN.top - 4, bottom };
      paintCurve(context, column, { x, y, last, box }, { color: colors[name], width: lineWidth, dash });
    }
    if (trainLoss.length > 1) paintLabels(y);
    else paintInvitation();
    if (reading !== null) paintReading(x, y);
    writeReading();
  }

  /**
   * @param {Scale} x
   * @param {Scale} y
   * @param {number} low
   * @param {number} high
   * @param {number} last
   */
  function paintAxes(x, y, low, high, last) {
    const right = width - MARGIN.right;
    const bottom = height - MARGIN.bottom;
    const rows = Math.max(2, Math.floor((bottom - MARGIN.top) / 32));
    context.font = colors.font;
    context.fillStyle = colors.text;
    context.strokeStyle = colors.grid;
    context.lineWidth = 1;
    context.textBaseline = "middle";
    context.textAlign = "right";
    context.beginPath();
    for (const tick of logarithmic ? logTicks(low, high, rows) : linearTicks(low, high, rows)) {
      const at = Math.round(y(tick)) + 0.5;
      context.moveTo(MARGIN.left, at);
      context.lineTo(right, at);
      context.fillText(tickText(tick), MARGIN.left - 8, at);
    }
    context.stroke();
    context.textBaseline = "alphabetic";
    const ticks = linearTicks(0, last, Math.max(2, Math.floor((right - MARGIN.left) / 110)));
    for (const tick of ticks.filter(Number.isInteger)) {
      const at = x(tick);
      context.textAlign = at > right - TICK_ROOM ? "right" : "center";
      context.fillText(formatCount(tick), at, height - 6);
    }
    context.textAlign = "left";
    context.fillText("epochs", right + 10, height - 6);
  }

  /**
   * Each curve's name at its end; pushed apart where they would collide.
   * @param {Scale} y
   */
  function paintLabels(y) {
    const labels = series
      .map(({ name, column }) => ({ name, y: y(column.at(column.length - 1)) }))
      .filter((label) => Number.isFinite(label.y));
    const places = spread(
      labels.map((label) => label.y),
      LABEL_HEIGHT,
      MARGIN.top,
      height - MARGIN.bottom - 6,
    );
    context.font = colors.labelFont;
    context.textAlign = "left";
    context.textBaseline = "middle";
    labels.forEach(({ name }, index) => {
      context.fillStyle = colors[name];
      context.fillText(name, width - MARGIN.right + 10, places[index] ?? 0);
    });
  }

  function paintInvitation() {
    context.font = colors.font;
    context.fillStyle = colors.text;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(emptyText, (MARGIN.left + width - MARGIN.right) / 2, (height - MARGIN.bottom) / 2);
  }

  /**
   * @param {Scale} x
   * @param {Scale} y
   */
  function paintReading(x, y) {
    if (reading === null) return;
    const at = Math.round(x(reading)) + 0.5;
    context.strokeStyle = colors.text;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(at, MARGIN.top);
    context.lineTo(at, height - MARGIN.bottom);
    context.stroke();
    for (const { name, column } of series) {
      const value = column.at(reading);
      if (Number.isNaN(value)) continue;
      context.beginPath();
      context.arc(at, y(value), 4, 0, 2 * Math.PI);
      context.fillStyle = colors[name];
      context.fill();
    }
  }

  /**
   * Something about every curve that there is, the test first.
   * @param {(column: Column) => string} about
   * @returns {string}
   */
  function tellAll(about) {
    const told = [testLoss, trainLoss, validationLoss].flatMap((column) => {
      const name = series.find((line) => line.column === column)?.name;
      return column.length > 0 ? [`${name} ${about(column)}`] : [];
    });
    return told.join(", ");
  }

  function writeReading() {
    if (reading === null) {
      setText(readout, idleText);
      return;
    }
    const epoch = reading;
    const text = `Epoch ${formatCount(epoch)}: ${tellAll((column) => formatLoss(column.at(epoch)))}`;
    setText(readout, text);
    setAttribute(cursor, "aria-valuetext", text);
  }

  /**
   * @param {number} time
   * @param {boolean} settled
   */
  function describe(time, settled) {
    if (!settled && time < nextText) return;
    nextText = time + TEXT_PAUSE;
    fitCursor();
    const last = trainLoss.length - 1;
    if (last < 0) return;
    const all = tellAll((column) => `from ${formatLoss(column.at(0))} to ${formatLoss(column.at(last))}`);
    const text = `Loss over ${formatCount(last)} epochs: ${all}`;
    setAttribute(canvas, "aria-label", text);
  }

  return {
    update(props) {
      logarithmic = props.logScale;
      colors = readStyle();
      paint();
    },
    /** Draws the curves, unless it is too soon; says whether it did. */
    draw(time, settled) {
      if (!settled && time < nextDrawing) return false;
      nextDrawing = time + PAUSE;
      paint();
      describe(time, settled);
      return true;
    },
    destroy() {
      scope.abort();
      stopFitting();
    },
  };
}

/**
 * @param {number} value
 * @returns {string}
 */
function tickText(value) {
  if (value !== 0 && (value >= 1e5 || value < 1e-3)) {
    return value.toExponential(0).replace("-", "\u2212").replace("+", "");
  }
  return formatPlain(value);
}
