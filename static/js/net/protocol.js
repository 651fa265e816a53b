/**
 * The protocol: encodes commands, decodes events and frames (docs/protocol.md).
 * The only module that knows bytes and snake_case names; all others use camelCase and arrays.
 */

/**
 * @import { Catalog, Command, Experiment, Frame, FrameViews, ServerEvent, WatchedView } from "../types/app.js"
 */

export const PROTOCOL_VERSION = 1;

/**
 * `data.train_fraction` becomes `data.trainFraction`.
 * @param {string} name
 * @returns {string}
 */
export function fromWireName(name) {
  return name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
}

/**
 * `data.trainFraction` becomes `data.train_fraction`.
 * @param {string} name
 * @returns {string}
 */
export function toWireName(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Keys whose values are not renamed: options, whose keys are names of the catalogue, and points, which are many numbers. */
const PLAIN = /^(\w+(_o|O)ptions|points)$/;

/**
 * The same value with every key renamed, all the way down; names of options stay.
 * @param {unknown} value
 * @param {(name: string) => string} rename
 * @returns {unknown}
 */
function renameKeys(value, rename) {
  if (Array.isArray(value)) return value.map((item) => renameKeys(item, rename));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      rename(key),
      PLAIN.test(key) ? item : renameKeys(item, rename),
    ]),
  );
}

/**
 * An experiment with the names of the wire.
 * @param {Experiment} experiment
 * @returns {Record<string, unknown>}
 */
export function toWire(experiment) {
  return /** @type {Record<string, unknown>} */ (renameKeys(experiment, toWireName));
}

/**
 * An experiment of the wire with the names of the page.
 * @param {unknown} experiment
 * @returns {Experiment}
 */
export function fromWire(experiment) {
  return /** @type {Experiment} */ (renameKeys(experiment, fromWireName));
}

/**
 * @param {Command} command
 * @returns {string}
 */
export function encodeCommand(command) {
  return JSON.stringify(renameKeys(command, toWireName));
}

/**
 * The command that watches views. In version 1 it has a field for each view.
 * @param {WatchedView[]} views
 * @param {{ frameRate: number, hidden: boolean }} frames how many a second to ask for, and whether nobody can see them
 * @returns {Command}
 */
export function watchCommand(views, { frameRate, hidden }) {
  const find = (/** @type {string} */ key) => views.find(({ view }) => view === key);
  const { unit = null, resolution = 100 } = find("map") ?? {};
  return {
    type: "watch",
    tiles: find("tiles") !== undefined,
    unit,
    resolution,
    frameRate,
    confusion: find("confusion") !== undefined,
    ...(find("parameters")?.exact && { exact: true }),
    hidden,
  };
}

/**
 * @param {string} text
 * @returns {ServerEvent}
 */
export function decodeEvent(text) {
  const event = /** @type {ServerEvent} */ (renameKeys(JSON.parse(text), fromWireName));
  if (event.type === "error" && event.field) event.field = fromWireName(event.field);
  if (event.type === "configured") event.changed = event.changed.map(fromWireName);
  return event;
}

/**
 * The catalogue as the page carries it.
 * @param {string} text
 * @returns {Catalog}
 */
export function decodeCatalog(text) {
  const catalog = /** @type {Catalog} */ (renameKeys(JSON.parse(text), fromWireName));
  for (const speed of catalog.speeds) speed.epochsPerSecond ??= null;
  return catalog;
}

/** Array types of the safetensors format that frames use. */
const ARRAYS = { F64: Float64Array, F32: Float32Array, U32: Uint32Array, I8: Uint8Array };

/**
 * @typedef {object} Tensor
 * @property {keyof typeof ARRAYS} dtype
 * @property {number[]} shape
 * @property {[start: number, end: number]} data_offsets
 */

/** Tensors with a value for every epoch since the last frame; all others describe the present epoch. */
export const LOSSES = ["epochs", "train_loss", "validation_loss", "test_loss"];

/** The view and array of each tensor of version 1, and its type. */
const TENSORS = /** @type {Record<string, [place: string, dtype: keyof typeof ARRAYS]>} */ ({
  epochs: ["losses/epochs", "U32"],
  train_loss: ["losses/train", "F64"],
  test_loss: ["losses/test", "F64"],
  validation_loss: ["losses/validation", "F64"],
  train_points: ["points/train", "F32"],
  test_points: ["points/test", "F32"],
  validation_points: ["points/validation", "F32"],
  map: ["map/values", "I8"],
  map_classes: ["map/classes", "I8"],
  tiles: ["tiles/values", "I8"],
  evaluation: ["scores/values", "F64"],
  parameters: ["parameters/values", "F32"],
  exact_parameters: ["parameters/exact", "F64"],
  confusion: ["confusion/counts", "U32"],
});

/** Tensors of every frame, and those that a frame has unless the page is hidden. */
const ALWAYS = ["epochs", "train_loss", "test_loss"];
const VISIBLE = ["map", "parameters", "evaluation"];

/**
 * @param {ArrayBuffer} message
 * @returns {{ header: Record<string, unknown>, start: number }} with the offset of the first tensor
 */
function readHeader(message) {
  const length = Number(new DataView(message).getBigUint64(0, true));
  return {
    header: JSON.parse(new TextDecoder().decode(new Uint8Array(message, 8, length))),
    start: 8 + length,
  };
}

/**
 * Where the tensors of a frame lie.
 * @param {ArrayBuffer} message
 * @returns {{ name: string, kind: string, size: number, start: number, end: number }[]} `kind` is dtype and shape as one
 *   string, `size` the bytes per number
 */
export function readTensors(message) {
  const { header, start } = readHeader(message);
  delete header.__metadata__;
  return Object.entries(/** @type {Record<string, Tensor>} */ (header)).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [from, to],
      },
    ]) => ({
      name,
      kind: `${dtype} ${shape}`,
      size: ARRAYS[dtype].BYTES_PER_ELEMENT,
      start: start + from,
      end: start + to,
    }),
  );
}

/**
 * Reads one frame. Arrays are views of the message where its alignment allows, copies elsewhere.
 * @param {ArrayBuffer} message
 * @returns {Frame} without views if the page is hidden
 * @throws {Error} that names a tensor that is missing or of another type
 */
export function decodeFrame(message) {
  const { header, start } = readHeader(message);
  const { __metadata__, ...tensors } = header;
  const about = /** @type {Record<string, string>} */ (__metadata__);
  const isVisible = VISIBLE.some((name) => name in tensors);
  for (const name of isVisible ? [...ALWAYS, ...VISIBLE] : ALWAYS)
    if (!(name in tensors)) throw new Error(`Frame: ${name} is missing`);

  /** @type {Record<string, Record<string, unknown>>} by view and array */
  const arrays = {};
  for (const [name, tensor] of Object.entries(/** @type {Record<string, Tensor>} */ (tensors))) {
    const [place, dtype] = TENSORS[name] ?? [name, tensor.dtype];
    if (tensor.dtype !== dtype) throw new Error(`Frame: ${name} is ${tensor.dtype}, not ${dtype}`);
    const [view = "", array = ""] = place.split("/");
    arrays[view] = { ...arrays[view], [fromWireName(array)]: readArray(message, start, tensor) };
  }
  const { losses, points, ...views } = arrays;
  const { map } = /** @type {FrameViews} */ (views);
  if (map) {
    map.of = about.map ?? "output";
    map.resolution = Math.sqrt(map.values.length);
  }
  return {
    number: Number(about.frame),
    run: Number(about.run),
    lineage: Number(about.history ?? about.run),
    epoch: Number(about.epoch),
    step: Number(about.step),
    losses: /** @type {Frame["losses"]} */ (losses),
    points: points ? /** @type {Frame["points"]} */ ({ validation: new Float32Array(0), ...points }) : null,
    views,
  };
}

/**
 * @param {ArrayBuffer} message
 * @param {number} start offset of the first tensor
 * @param {Tensor} tensor
 */
function readArray(message, start, { dtype, data_offsets: [from, to] }) {
  const ArrayType = ARRAYS[dtype];
  const at = start + from;
  return at % ArrayType.BYTES_PER_ELEMENT === 0
    ? new ArrayType(message, at, (to - from) / ArrayType.BYTES_PER_ELEMENT)
    : new ArrayType(message.slice(at, start + to));
}
