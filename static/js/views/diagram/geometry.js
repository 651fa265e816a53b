/** The geometry of the network diagram: pure functions, in CSS pixels of the stage. */

import { clamp } from "../../lib/draw/scale.js";

/** Distance between rows, and size of a tile, where there is room. */
const ROOMY_PITCH = 49;
const ROOMY_TILE = 36;
/** Rows are never closer than this. */
const TIGHT_PITCH = 11;
/** Tiles below this size lose border and label. */
const COMPACT_TILE = 22;
/** Distance between rows of many outputs, and the height of the name below each. */
const OUTPUT_PITCH = 58;
const NAME_HEIGHT = 18;
/** The first and the last gap between columns, relative to the others. */
const FIRST_GAP = 0.9;
const LAST_GAP = 0.8;
/** How far the ends of links spread over a tile's edge. */
const FAN = 0.4;

/**
 * @typedef {object} Point
 * @property {number} x
 * @property {number} y
 */

/**
 * @typedef {object} Column one hidden layer, or the output
 * @property {number} x centre
 * @property {number} size of a tile
 * @property {number[]} ys centres of the units
 * @property {boolean} compact
 */

/**
 * @typedef {object} Layout
 * @property {number} width
 * @property {number} height
 * @property {Point[]} sources right edges of the active features
 * @property {Column[]} columns hidden layers, then the outputs
 * @property {number[]} sizes units per layer: features, hidden layers, outputs
 * @property {number[]} offsets index of the first parameter of each layer of units
 * @property {number} parameters how many there are
 * @property {number} links how many weights there are
 */

/**
 * @typedef {object} Address
 * @property {number} layer 0 is the first hidden layer, the last is the output
 * @property {number} unit
 * @property {number} input index into the layer before; one beyond the last is the bias
 */

/**
 * Places a network.
 * @param {object} box
 * @param {Point[]} box.sources right edges of the active features
 * @param {number} box.left where the space for layers begins
 * @param {number} box.right where it ends, at the output
 * @param {number} box.top of the first row
 * @param {number} box.room height that rows should share
 * @param {number[]} box.hidden units per hidden layer
 * @param {number} [box.outputs] how many output units, one by default
 * @param {number} box.outputSize side of an output while there is room
 * @returns {Layout}
 */
export function placeNetwork({ sources, left, right, top, room, hidden, outputs = 1, outputSize }) {
  const gap = (right - left) / (FIRST_GAP + Math.max(0, hidden.length - 1) + LAST_GAP);
  const columns = hidden.map((units, layer) => {
    const pitch = clamp(room / Math.max(1, units), TIGHT_PITCH, ROOMY_PITCH);
    const size = Math.round(clamp(Math.min(pitch - 3, pitch * 0.8, gap * 0.56), 7, ROOMY_TILE));
    return {
      x: left + gap * (FIRST_GAP + layer),
      size,
      compact: size < COMPACT_TILE,
      ys: Array.from({ length: units }, (_, unit) => top + pitch * (unit + 0.5)),
    };
  });
  const last = columns.at(-1);
  const lastYs = last ? last.ys : sources.map((source) => source.y);
  const middle = lastYs.length ? lastYs.reduce((sum, y) => sum + y, 0) / lastYs.length : top + room / 2;
  columns.push(placeOutputs({ x: right, middle, top, room, outputs, outputSize }));

  const sizes = [sources.length, ...hidden, outputs];
  const offsets = [];
  let parameters = 0;
  let links = 0;
  for (let layer = 1; layer < sizes.length; layer++) {
    const inputs = /** @type {number} */ (sizes[layer - 1]);
    const units = /** @type {number} */ (sizes[layer]);
    offsets.push(parameters);
    parameters += units * (inputs + 1);
    links += units * inputs;
  }
  const lowest = Math.max(top + room, ...columns.flatMap((column) => column.ys.map((y) => y + column.size)));
  return { width: right, height: lowest, sources, columns, sizes, offsets, parameters, links };
}

/**
 * Places one output beside the middle of the layer before; many are spread around it, between top and bottom.
 * @param {{ x: number, middle: number, top: number, room: number, outputs: number, outputSize: number }} box
 * @returns {Column}
 */
function placeOutputs({ x, middle, top, room, outputs, outputSize }) {
  if (outputs === 1) return { x, size: outputSize, compact: false, ys: [middle] };
  const pitch = Math.min(room / outputs, OUTPUT_PITCH);
  const size = Math.min(outputSize, pitch - NAME_HEIGHT);
  const first = clamp(middle - (pitch * outputs) / 2, top, Math.max(top, top + room - pitch * outputs));
  const ys = Array.from({ length: outputs }, (_, unit) => first + pitch * unit + size / 2);
  return { x, size, compact: false, ys };
}

/**
 * Index of a weight or bias in the parameter vector.
 * @param {Layout} layout
 * @param {Address} address
 * @returns {number}
 */
export function parameterIndex(layout, { layer, unit, input }) {
  const inputs = /** @type {number} */ (layout.sizes[layer]);
  return /** @type {number} */ (layout.offsets[layer]) + unit * (inputs + 1) + input;
}

/**
 * The address of a weight or bias by its index in the parameter vector.
 * @param {Layout} layout
 * @param {number} index
 * @returns {Address}
 */
export function parameterAddress(layout, index) {
  let layer = layout.offsets.length - 1;
  while (layer > 0 && index < /** @type {number} */ (layout.offsets[layer])) layer -= 1;
  const row = /** @type {number} */ (layout.sizes[layer]) + 1;
  const within = index - /** @type {number} */ (layout.offsets[layer]);
  return { layer, unit: Math.floor(within / row), input: within % row };
}

/**
 * @param {Layout} layout
 * @param {Address} address
 * @returns {boolean}
 */
export function isBias(layout, { layer, input }) {
  return input === layout.sizes[layer];
}

/**
 * The centre of a bias mark: the lower left corner of its unit.
 * @param {Layout} layout
 * @param {number} layer
 * @param {number} unit
 * @returns {Point & { size: number }}
 */
export function biasMark(layout, layer, unit) {
  const column = /** @type {Column} */ (layout.columns[layer]);
  const y = /** @type {number} */ (column.ys[unit]);
  const size = column.compact ? 3 : 7;
  return { x: column.x - column.size / 2 - size * 0.8, y: y + column.size / 2 - size / 2, size };
}

/**
 * The ends of a link. Links end spread over the edge of the tile, in the order of the inputs.
 * @param {Layout} layout
 * @param {number} layer
 * @param {number} unit
 * @param {number} input
 * @returns {[x0: number, y0: number, x1: number, y1: number]}
 */
export function linkEnds(layout, layer, unit, input) {
  const column = /** @type {Column} */ (layout.columns[layer]);
  const before = layout.columns[layer - 1];
  const inputs = /** @type {number} */ (layout.sizes[layer]);
  const start = before
    ? { x: before.x + before.size / 2, y: /** @type {number} */ (before.ys[input]) }
    : /** @type {Point} */ (layout.sources[input]);
  const fan = inputs > 1 ? (input / (inputs - 1) - 0.5) * column.size * FAN : 0;
  const y = /** @type {number} */ (column.ys[unit]);
  return [start.x, start.y, column.x - column.size / 2, y + fan];
}

/**
 * A link as an SVG path: level at both ends.
 * @param {readonly [number, number, number, number]} ends
 * @returns {string}
 */
export function linkPath([x0, y0, x1, y1]) {
  const middle = ((x0 + x1) / 2).toFixed(1);
  return `M${x0.toFixed(1)} ${y0.toFixed(1)}C${middle} ${y0.toFixed(1)} ${middle} ${y1.toFixed(1)} ${x1.toFixed(1)} ${y1.toFixed(1)}`;
}

/**
 * The vertical progress of a link at a horizontal one, both as fractions 0 … 1.
 * @param {number} across
 * @returns {number}
 */
export function linkDescent(across) {
  let low = 0;
  let high = 1;
  for (let round = 0; round < 20; round++) {
    const t = (low + high) / 2;
    if (1.5 * t * (1 - t) + t ** 3 < across) low = t;
    else high = t;
  }
  return low * low * (3 - 2 * low);
}

/**
 * The weight or bias nearest to a point, within a tolerance.
 * @param {Layout} layout
 * @param {Point} point
 * @param {number} tolerance pixels
 * @returns {Address | null}
 */
export function nearestParameter(layout, point, tolerance) {
  /** @type {Address | null} */
  let nearest = null;
  let best = tolerance;
  layout.columns.forEach((column, layer) => {
    column.ys.forEach((_, unit) => {
      const mark = biasMark(layout, layer, unit);
      const distance = Math.hypot(point.x - mark.x, point.y - mark.y) - mark.size / 2;
      if (distance < best) {
        best = Math.max(0, distance);
        nearest = { layer, unit, input: /** @type {number} */ (layout.sizes[layer]) };
      }
    });
  });
  if (nearest) return nearest;

  layout.columns.forEach((column, layer) => {
    const inputs = /** @type {number} */ (layout.sizes[layer]);
    if (inputs === 0) return;
    const [x0, , x1] = linkEnds(layout, layer, 0, 0);
    if (point.x < x0 || point.x > x1) return;
    const descent = linkDescent((point.x - x0) / (x1 - x0));
    for (let unit = 0; unit < column.ys.length; unit++) {
      for (let input = 0; input < inputs; input++) {
        const [, y0, , y1] = linkEnds(layout, layer, unit, input);
        const distance = Math.abs(y0 + (y1 - y0) * descent - point.y);
        if (distance < best) {
          best = distance;
          nearest = { layer, unit, input };
        }
      }
    }
  });
  return nearest;
}

/**
 * A point on a weight or bias, to show a tip or the editor at.
 * @param {Layout} layout
 * @param {Address} address
 * @returns {Point}
 */
export function parameterPoint(layout, address) {
  if (isBias(layout, address)) return biasMark(layout, address.layer, address.unit);
  const [x0, y0, x1, y1] = linkEnds(layout, address.layer, address.unit, address.input);
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2 };
}
