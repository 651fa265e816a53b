/** Builds binary frames as the server does, for tests. */

/**
 * @typedef {object} FrameRecipe
 * @property {Record<string, string>} [about] the metadata
 * @property {string[]} [order] tensors that come first
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
 * A frame with a picture, decoded.
 * @param {FrameRecipe} [recipe]
 */
export function pictureOf(recipe) {
  const frame = decodeFrame(frameBytes(recipe));
  const { map, scores, parameters } = frame.views;
  if (!map || !scores || !parameters) throw new Error("The frame has no picture");
  return { ...frame, views: { ...frame.views, map, scores, parameters } };
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
    epochs: { dtype: "U32", shape: [epochs.length], data: Uint32Array.from(epochs) },
    train_loss: { dtype: "F64", shape: [losses.length], data: Float64Array.from(losses) },
    test_loss: { dtype: "F64", shape: [losses.length], data: Float64Array.from(losses) },
    evaluation: { dtype: "F64", shape: [2, 2], data: Float64Array.of(0.1, 0.9, 0.2, 0.8) },
    parameters: { dtype: "F32", shape: [3], data: Float32Array.of(0.5, -0.5, 0.1) },
    map: { dtype: "I8", shape: [2, 2], data: Int8Array.of(0, 127, -127, 1) },
  };
  if (validation) {
    tensors.validation_loss = { dtype: "F64", shape: [losses.length], data: Float64Array.from(losses) };
    tensors.evaluation = { dtype: "F64", shape: [3, 2], data: Float64Array.of(0.1, 0.9, 0.2, 0.8, 0.3, 0.7) };
    for (const part of ["train", "test", "validation"]) {
      tensors[`${part}_points`] = { dtype: "F32", shape: [1, 3], data: Float32Array.of(1, 2, part.length) };
    }
  }
  if (classes) tensors.map_classes = { dtype: "I8", shape: [2, 2], data: Int8Array.from(classes) };
  if (exact)
    tensors.exact_parameters = { dtype: "F64", shape: [exact.length], data: Float64Array.from(exact) };
  if (hidden) for (const name of ["evaluation", "parameters", "map"]) delete tensors[name];
  for (const [name, values] of Object.entries(more))
    tensors[name] = { dtype: "F64", shape: [values.length], data: Float64Array.from(values) };
  const names = [...order, ...Object.keys(tensors).filter((name) => !order.includes(name))];

  /** @type {Record<string, unknown>} */
  const header = { __metadata__: { frame: "1", run: "1", epoch: "13", step: "0", map: "output", ...about } };
  /** @type {Uint8Array[]} */
  const parts = [];
  let offset = 0;
  for (const name of names.filter((entry) => entry !== without)) {
    const tensor = tensors[name];
    if (!tensor) throw new Error(`No tensor ${name}`);
    const { data, shape } = tensor;
    header[name] = {
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
