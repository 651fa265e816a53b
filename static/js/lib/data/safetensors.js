/**
 * Files of arrays of floating-point numbers by name, in the safetensors format: an unsigned 64-bit little-endian header length, a JSON header
 * padded with spaces to a multiple of eight bytes, then the arrays, little-endian.
 */

/**
 * @typedef {object} Tensors
 * @property {Record<string, string>} metadata
 * @property {Record<string, Float32Array | Float64Array>} arrays
 */

/**
 * @param {Tensors} tensors
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encodeTensors({ metadata, arrays }) {
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: metadata };
  let end = 0;
  for (const [name, { length, byteLength, BYTES_PER_ELEMENT }] of Object.entries(arrays)) {
    header[name] = {
      dtype: `F${8 * BYTES_PER_ELEMENT}`,
      shape: [length],
      data_offsets: [end, end + byteLength],
    };
    end += byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded + end).fill(32, 8, 8 + padded);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(padded), true);
  bytes.set(text, 8);
  let at = 8 + padded;
  for (const array of Object.values(arrays)) {
    for (const value of array) {
      if (array instanceof Float64Array) view.setFloat64(at, value, true);
      else view.setFloat32(at, value, true);
      at += array.BYTES_PER_ELEMENT;
    }
  }
  return bytes;
}
