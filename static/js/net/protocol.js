/**
 * The protocol: encodes commands, decodes events and frames (docs/protocol.md).
 * The only module that knows bytes and snake_case names; all others use camelCase and arrays.
 */

/**
 * @import { Catalog, Command, Experiment, Frame, FrameLosses, ServerEvent } from "../types/app.js"
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

/** Tensors of a picture; frames for a hidden page lack them. */
const PICTURES = ["map", "parameters", "evaluation"];

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
 * @returns {Frame | FrameLosses} without pictures if the page is hidden
 */
export function decodeFrame(message) {
  const { header, start } = readHeader(message);
  const about = /** @type {Record<string, string>} */ (header.__metadata__);

  /**
   * @template {keyof typeof ARRAYS} Type
   * @param {string} name
   * @param {Type} dtype
   * @returns {InstanceType<typeof ARRAYS[Type]> | null}
   */
  function read(name, dtype) {
    const tensor = /** @type {Tensor | undefined} */ (header[name]);
    if (!tensor) return null;
    if (tensor.dtype !== dtype) throw new Error(`Frame: ${name} is ${tensor.dtype}, not ${dtype}`);
    const [from, to] = tensor.data_offsets;
    const ArrayType = ARRAYS[dtype];
    const size = ArrayType.BYTES_PER_ELEMENT;
    const at = start + from;
    const view =
      at % size === 0
        ? new ArrayType(message, at, (to - from) / size)
        : new ArrayType(message.slice(at, start + to));
    return /** @type {InstanceType<typeof ARRAYS[Type]>} */ (view);
  }

  /**
   * @template Value
   * @param {Value | null} value
   * @param {string} name
   * @returns {Value}
   */
  function required(value, name) {
    if (value === null) throw new Error(`Frame: ${name} is missing`);
    return value;
  }

  /** @type {FrameLosses} */
  const losses = {
    number: Number(about.frame),
    run: Number(about.run),
    lineage: Number(about.history ?? about.run),
    epoch: Number(about.epoch),
    step: Number(about.step),
    epochs: required(read("epochs", "U32"), "epochs"),
    trainLoss: required(read("train_loss", "F64"), "train_loss"),
    testLoss: required(read("test_loss", "F64"), "test_loss"),
    validationLoss: read("validation_loss", "F64"),
    trainPoints: read("train_points", "F32"),
    testPoints: read("test_points", "F32"),
    validationPoints: read("validation_points", "F32"),
  };
  if (!PICTURES.some((name) => name in header)) return losses;
  const map = required(read("map", "I8"), "map");
  return {
    ...losses,
    mapOf: about.map ?? "output",
    evaluation: required(read("evaluation", "F64"), "evaluation"),
    parameters: required(read("parameters", "F32"), "parameters"),
    exactParameters: read("exact_parameters", "F64"),
    map,
    mapClasses: read("map_classes", "I8"),
    resolution: Math.sqrt(map.length),
    tiles: read("tiles", "I8"),
    confusion: read("confusion", "U32"),
  };
}
