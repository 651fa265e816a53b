/**
 * Losses over all epochs as curves, with axes, direct labels, the gap between two of them, marks where settings were
 * changed, and a read-out. Cost per drawing is bounded by the width.
 */

import { context2d, fitCanvas } from "../../lib/dom/canvas.js";
import { create, find, setAttribute, setText } from "../../lib/dom/dom.js";
import { resolveColors } from "../../lib/draw/color.js";
import { spread } from "../../lib/draw/label-layout.js";
import { extremesOf } from "../../lib/draw/loss-axis.js";
import { formatExact, formatLoss } from "../../lib/text/format.js";
import { phrase } from "../../lib/text/i18n.js";
import { epochAxis, lossAxis, paintAxes } from "./axes.js";
import { createCursor } from "./cursor.js";
import { paintCurve } from "./curve.js";
import { paintGap } from "./gap.js";
import { paintTicks } from "./ticks.js";

/** @import { Column } from "../../lib/data/column.js" */
/** @import { Scale } from "../../lib/draw/scale.js" */
/** @import { Box, EpochAxis } from "./axes.js" */
/** @import { View } from "../../types/app.js" */

/** Margins, and space for numbers and names, in units of the font size. */
const MARGIN = { top: 0.8, right: 6.7, bottom: 2, left: 4.5 };
const LABEL_HEIGHT = 1.25;
const EPOCH_ROOM = 9;
const LOSS_ROOM = 2.7;
/** Shortest time between two drawings while training, in milliseconds. */
const PAUSE = 90;
/** Shortest time between two text alternatives, in milliseconds. */
const TEXT_PAUSE = 1000;
/** A mark within this distance of the cursor is shown, in pixels. */
const REACH = 6;

/**
 * @typedef {object} Series
 * @property {string} key
 * @property {string} label
 * @property {Column} column losses by epoch; empty where there are none
 * @property {string} color name of a custom property
 * @property {number} width of the line, in pixels at the usual size
 * @property {number[]} dash
 */

/**
 * @typedef {object} ChartOptions
 * @property {HTMLElement} readout shows the values at the cursor
 * @property {string} idleText its text otherwise
 * @property {string} emptyText shown in the chart before there are curves
 */

/**
 * @typedef {object} ChartProps
 * @property {Series[]} series the last one on top
 * @property {string[]} order keys of the series in the order in which their values are read out
 * @property {[from: string, to: string]} gap keys of the series whose difference is shown, in the colour of the first
 * @property {boolean} logScale of the losses
 * @property {boolean} logEpochs
 * @property {{ epoch: number, text: string }[]} marks changes of settings
 */

/**
 * @param {HTMLElement} element
 * @param {ChartOptions} options
 * @returns {View<ChartProps> & { draw: (time: number, force: boolean) => boolean }}
 */
export function createLossChart(element, { readout, idleText, emptyText }) {
  const canvas = find(element, ".chart__canvas", HTMLCanvasElement);
  const context = context2d(canvas);
  let width = 0;
  let height = 0;
  /** @type {ChartProps} */
  let props = { series: [], order: [], gap: ["", ""], logScale: false, logEpochs: false, marks: [] };
  let nextDrawing = 0;
  let nextText = 0;
  let look = readStyle();
  const tip = create("p", { class: "chart__tip", "aria-hidden": true, hidden: true });
  element.append(tip);

  function readStyle() {
    const style = getComputedStyle(element);
    const size = Number.parseFloat(style.getPropertyValue("--chart-font")) || 12;
    const stroke = Number.parseFloat(style.getPropertyValue("--chart-stroke")) || 1;
    const { fontFamily } = style;
    const names = props.series.map(({ color }) => color);
    const [grid = "", text = "", ...colors] = resolveColors(element, [
      "--chart-grid",
      "--chart-text",
      ...names,
    ]);
    return {
      /** By name of the custom property. */
      colors: new Map(names.map((name, index) => [name, colors[index] ?? ""])),
      grid,
      text,
      size,
      stroke,
      font: `${size}px ${fontFamily}`,
      labelFont: `600 ${size}px ${fontFamily}`,
    };
  }

  /** How many epochs have a loss. */
  function epochCount() {
    let count = 0;
    for (const { column } of props.series) count = Math.max(count, column.length);
    return count;
  }

  /** @param {Series | undefined} series */
  const colorOf = (series) => look.colors.get(series?.color ?? "") ?? "";

  /** @param {string} key */
  const seriesOf = (key) => props.series.find((series) => series.key === key);

  /** @returns {Box} */
  function inside() {
    const { size } = look;
    return {
      left: MARGIN.left * size,
      right: width - MARGIN.right * size,
      top: MARGIN.top * size,
      bottom: height - MARGIN.bottom * size,
    };
  }

  /** @returns {EpochAxis} */
  function epochs() {
    const last = Math.max(1, epochCount() - 1);
    return epochAxis(props.logEpochs, last, inside(), EPOCH_ROOM * look.size);
  }

  const stopFitting = fitCanvas(canvas, (newWidth, newHeight) => {
    width = newWidth;
    height = newHeight;
    paint();
  });

  const cursor = createCursor(find(element, ".chart__cursor", HTMLInputElement), {
    epochAt: (clientX) => epochs().epochAt(clientX - canvas.getBoundingClientRect().left),
    lastEpoch: () => epochCount() - 1,
    onMove: paint,
  });

  function paint() {
    const { series, gap } = props;
    if (width === 0 || height === 0) return;
    const box = inside();
    const axis = epochs();
    const { x, epochAt } = axis;
    const losses = lossAxis(
      props.logScale,
      extremesOf(series.map(({ column }) => column)),
      box,
      LOSS_ROOM * look.size,
    );
    const { y } = losses;
    const last = Math.max(1, epochCount() - 1);
    const axes = { x, y, epochAt, last, box: { ...box, top: box.top - 4 } };

    context.clearRect(0, 0, width, height);
    paintAxes(context, axis, losses, box, { ...look, foot: height - 6 });
    const [from, to] = gap.map(seriesOf);
    if (from && to) paintGap(context, from.column, to.column, axes, colorOf(from));
    for (const each of series) {
      const { column, dash } = each;
      paintCurve(context, column, axes, { color: colorOf(each), width: each.width * look.stroke, dash });
    }
    const marked = props.marks.map(({ epoch }) => epoch).filter((epoch) => epoch <= last);
    if (epochCount() > 1) paintTicks(context, marked, { x, ...box, color: look.text });
    if (epochCount() > 1) paintLabels(y, box);
    else paintInvitation(box);
    if (cursor.epoch !== null) paintReading(cursor.epoch, x, y, box);
    writeReading(x);
  }

  /**
   * Writes each curve's name at its end, moved apart where they would overlap.
   * @param {Scale} y
   * @param {Box} box
   */
  function paintLabels(y, { right, top, bottom }) {
    const labels = props.series
      .map((series) => ({ series, y: y(series.column.at(series.column.length - 1)) }))
      .filter((label) => Number.isFinite(label.y));
    const places = spread(
      labels.map((label) => label.y),
      LABEL_HEIGHT * look.size,
      top,
      bottom - 6,
    );
    context.font = look.labelFont;
    context.textAlign = "left";
    context.textBaseline = "middle";
    labels.forEach(({ series }, index) => {
      context.fillStyle = colorOf(series);
      context.fillText(series.label, right + 10, places[index] ?? 0);
    });
  }

  /** @param {Box} box */
  function paintInvitation({ left, right, bottom }) {
    context.font = look.font;
    context.fillStyle = look.text;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(emptyText, (left + right) / 2, bottom / 2);
  }

  /**
   * @param {number} epoch
   * @param {Scale} x
   * @param {Scale} y
   * @param {Box} box
   */
  function paintReading(epoch, x, y, { top, bottom }) {
    const at = Math.round(x(epoch)) + 0.5;
    context.strokeStyle = look.text;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(at, top);
    context.lineTo(at, bottom);
    context.stroke();
    for (const series of props.series) {
      const value = series.column.at(epoch);
      if (Number.isNaN(value)) continue;
      context.beginPath();
      context.arc(at, y(value), 3 + look.stroke, 0, 2 * Math.PI);
      context.fillStyle = colorOf(series);
      context.fill();
    }
  }

  /**
   * Describes every curve that has values, in the order of reading.
   * @param {(name: string, column: Column) => string} about
   * @returns {string}
   */
  function describeCurves(about) {
    const parts = props.order.flatMap((key) => {
      const series = seriesOf(key);
      return series && series.column.length > 0 ? [about(series.label, series.column)] : [];
    });
    return parts.join(phrase("list.between"));
  }

  /**
   * The latest mark near the cursor.
   * @param {Scale} x
   */
  function markRead(x) {
    if (cursor.epoch === null) return undefined;
    const at = x(cursor.epoch);
    return props.marks.findLast(({ epoch }) => Math.abs(x(epoch) - at) <= REACH);
  }

  /** @param {Scale} x */
  function writeReading(x) {
    const mark = markRead(x);
    tip.hidden = mark === undefined;
    if (mark) {
      setText(tip, mark.text);
      tip.style.setProperty("--at", `${(x(mark.epoch) / width).toFixed(4)}`);
    }
    const { epoch } = cursor;
    if (epoch === null) {
      setText(readout, idleText);
      return;
    }
    const [from = Number.NaN, to = Number.NaN] = props.gap.map((key) => seriesOf(key)?.column.at(epoch));
    const gap = to - from;
    const losses = describeCurves((name, column) =>
      phrase("chart.value", { name, value: formatExact(column.at(epoch)) }),
    );
    const signed = `${gap < 0 ? "\u2212" : ""}${formatLoss(Math.abs(gap))}`;
    const text = phrase("chart.reading", { epoch, losses, gap: signed });
    setText(readout, text);
    cursor.describe(mark ? phrase("chart.reading-with-mark", { reading: text, mark: mark.text }) : text);
  }

  /**
   * @param {number} time
   * @param {boolean} force
   */
  function describe(time, force) {
    if (!force && time < nextText) return;
    nextText = time + TEXT_PAUSE;
    cursor.fit();
    const last = epochCount() - 1;
    if (last < 0) return;
    const all = describeCurves((name, column) =>
      phrase("chart.from-to", {
        name,
        from: formatLoss(column.at(0)),
        to: formatLoss(column.at(last)),
      }),
    );
    const text = phrase("chart.whole", { epochs: last, losses: all });
    setAttribute(canvas, "aria-label", text);
  }

  return {
    update(next) {
      props = next;
      look = readStyle();
    },
    /** Draws the curves, unless it is too soon; returns whether it did. */
    draw(time, force) {
      if (!force && time < nextDrawing) return false;
      nextDrawing = time + PAUSE;
      paint();
      describe(time, force);
      return true;
    },
    destroy() {
      cursor.destroy();
      stopFitting();
    },
  };
}
