/** Builds binary frames as the server does, for tests. */

/**
 * @typedef {object} FrameRecipe
 * @property {Record<string, string>} [about] number of the `frame` and of the `run`, and the metadata of the run
 * @property {string[]} [order] tensors that come first, as `view/array`
 * @property {string} [without] a tensor left out
 * @property {Record<string, string>} [types] other types to announce
 * @property {number[]} [epochs]
 * @property {boolean} [validation] whether there are validation samples
 * @property {number[]} [classes] of the cells of the map
 * @property {number[]} [exact] the parameters in full
 * @property {boolean} [hidden] whether nobody looks
 * @property {Record<string, number[]>} [more] further tensors of 64-bit numbers, by name
 */

import { decodeFrame } from "../../../static/js/net/protocol.js";

/**
 * What a decoded frame has of its only run.
 * @param {FrameRecipe} [recipe]
 */
export function runOf(recipe) {
  const [run, ...others] = decodeFrame(frameBytes(recipe)).runs;
  if (!run || others.length > 0) throw new Error("The frame does not have one run");
  return run;
}

/**
 * The same of a frame with a picture.
 * @param {FrameRecipe} [recipe]
 */
export function pictureOf(recipe) {
  const run = runOf(recipe);
  const { map, scores, parameters } = run.views;
  if (!map || !scores || !parameters) throw new Error("The frame has no picture");
  return { ...run, views: { ...run.views, map, scores, parameters } };
}

/**
 * @param {FrameRecipe} [recipe]
 * @returns {ArrayBuffer}
 */
export function frameBytes({
  about = {},
  order = [],
  without,
  types = {},
  epochs = [11, 12, 13],
  validation = false,
  classes,
  exact,
  hidden = false,
  more = {},
} = {}) {
  const losses = epochs.map((_, index) => 0.5 ** (index + 1));
  /** @type {Record<string, { dtype: string, shape: number[], data: ArrayBufferView }>} */
  const tensors = {
    "losses/epochs": { dtype: "U32", shape: [1, epochs.length], data: Uint32Array.from(epochs) },
    "losses/train": { dtype: "F64", shape: [1, losses.length], data: Float64Array.from(losses) },
    "losses/test": { dtype: "F64", shape: [1, losses.length], data: Float64Array.from(losses) },
    "scores/values": { dtype: "F64", shape: [1, 2, 2], data: Float64Array.of(0.1, 0.9, 0.2, 0.8) },
    "parameters/values": { dtype: "F32", shape: [1, 3], data: Float32Array.of(0.5, -0.5, 0.1) },
    "map/values": { dtype: "I8", shape: [1, 2, 2], data: Int8Array.of(0, 127, -127, 1) },
  };
  if (validation) {
    tensors["losses/validation"] = {
      dtype: "F64",
      shape: [1, losses.length],
      data: Float64Array.from(losses),
    };
    tensors["scores/values"] = {
      dtype: "F64",
      shape: [1, 3, 2],
      data: Float64Array.of(0.1, 0.9, 0.2, 0.8, 0.3, 0.7),
    };
    for (const part of ["train", "test", "validation"]) {
      tensors[`points/${part}`] = {
        dtype: "F32",
        shape: [1, 1, 3],
        data: Float32Array.of(1, 2, part.length),
      };
    }
  }
  if (classes) tensors["map/classes"] = { dtype: "I8", shape: [1, 2, 2], data: Int8Array.from(classes) };
  if (exact)
    tensors["parameters/exact"] = { dtype: "F64", shape: [1, exact.length], data: Float64Array.from(exact) };
  if (hidden) for (const name of ["scores/values", "parameters/values", "map/values"]) delete tensors[name];
  for (const [name, values] of Object.entries(more))
    tensors[name] = { dtype: "F64", shape: [1, values.length], data: Float64Array.from(values) };
  const names = [...order, ...Object.keys(tensors).filter((name) => !order.includes(name))];

  const { frame = "1", run = "1", ...metadata } = about;
  const ofRun = { lineage: run, epoch: "13", step: "0", map: "{}", ...metadata };
  const named = Object.fromEntries(Object.entries(ofRun).map(([key, value]) => [`${run}/${key}`, value]));
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: { frame, ...named } };
  /** @type {Uint8Array[]} */
  const parts = [];
  let offset = 0;
  for (const name of names.filter((entry) => entry !== without)) {
    const tensor = tensors[name];
    if (!tensor) throw new Error(`No tensor ${name}`);
    const { data, shape } = tensor;
    header[`${run}/${name}`] = {
      dtype: types[name] ?? tensor.dtype,
      shape,
      data_offsets: [offset, offset + data.byteLength],
    };
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }

  const text = JSON.stringify(header);
  const head = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const bytes = new Uint8Array(8 + head.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(head.length), true);
  bytes.set(head, 8);
  let at = 8 + head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes.buffer;
}
