/**
 * The binary part of the protocol: decodes frames (docs/protocol.md). The only module that knows their bytes.
 * Commands, events and the catalogue are JSON, and keep its names everywhere on the page.
 */

/**
 * @import { Frame, FrameRun, Points } from "../types/app.js"
 */

export const PROTOCOL_VERSION = 2;

/** Array types of the safetensors format that frames use. */
const ARRAYS = { F64: Float64Array, F32: Float32Array, U32: Uint32Array, I8: Uint8Array };

/**
 * @typedef {object} Tensor
 * @property {keyof typeof ARRAYS} dtype
 * @property {number[]} shape
 * @property {[start: number, end: number]} data_offsets
 */

/**
 * Whether a tensor, named `run/view/array`, has a value for every epoch since the last frame; all others describe the present.
 * @param {string} name
 */
export function hasLosses(name) {
  return name.split("/")[1] === "losses";
}

/** The types of the arrays that are known here. */
const TYPES = /** @type {Record<string, keyof typeof ARRAYS>} */ ({
  "losses/epochs": "U32",
  "losses/train": "F64",
  "losses/test": "F64",
  "losses/validation": "F64",
  "points/train": "F32",
  "points/test": "F32",
  "points/validation": "F32",
  "map/values": "I8",
  "map/classes": "I8",
  "tiles/values": "I8",
  "scores/values": "F64",
  "parameters/values": "F32",
  "parameters/exact": "F64",
  "confusion/counts": "U32",
});

/** Arrays that a run has in every frame. */
const ALWAYS = ["epochs", "train", "test"];

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
 * @returns {Frame}
 * @throws {Error} that names a tensor that is missing or of another type
 */
export function decodeFrame(message) {
  const { header, start } = readHeader(message);
  const { __metadata__, ...tensors } = header;
  const about = /** @type {Record<string, string>} */ (__metadata__);

  /** @type {Record<string, Record<string, Record<string, any>>>} by run, view and array */
  const arrays = {};
  for (const [name, tensor] of Object.entries(/** @type {Record<string, Tensor>} */ (tensors))) {
    const [run = "", view = "", array = ""] = name.split("/");
    const dtype = TYPES[`${view}/${array}`] ?? tensor.dtype;
    if (tensor.dtype !== dtype) throw new Error(`Frame: ${name} is ${tensor.dtype}, not ${dtype}`);
    arrays[run] ??= {};
    arrays[run][view] ??= {};
    arrays[run][view][array] = readArray(message, start, tensor);
    if (`${view}/${array}` === "map/values") arrays[run][view].resolution = tensor.shape.at(-1);
  }
  return {
    number: Number(about.frame),
    runs: Object.entries(arrays).map(([run, views]) => readRun(run, views, about)),
  };
}

/**
 * @param {string} run
 * @param {Record<string, Record<string, any>>} arrays by view
 * @param {Record<string, string>} about metadata of the frame
 * @returns {FrameRun}
 */
function readRun(run, { losses = {}, points, ...views }, about) {
  for (const name of ALWAYS)
    if (!(name in losses)) throw new Error(`Frame: ${run}/losses/${name} is missing`);
  if (views.map) {
    const { unit } = JSON.parse(about[`${run}/map`] ?? "{}");
    views.map.of = unit ? `${unit.layer}:${unit.unit}` : "output";
  }
  return {
    run: Number(run),
    lineage: Number(about[`${run}/lineage`]),
    epoch: Number(about[`${run}/epoch`]),
    step: Number(about[`${run}/step`]),
    losses: /** @type {FrameRun["losses"]} */ (losses),
    points: points ? /** @type {Points} */ ({ validation: new Float32Array(0), ...points }) : null,
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
