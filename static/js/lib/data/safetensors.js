/**
 * Files of arrays of floating-point numbers by name, in the safetensors format: an unsigned 64-bit little-endian header length, a JSON header
 * padded with spaces to a multiple of eight bytes, then the arrays, little-endian.
 */

/** Longest header that is read, in bytes. */
const LONGEST_HEADER = 1_000_000;

/**
 * @typedef {object} Tensors
 * @property {Record<string, string>} metadata
 * @property {Record<string, Float32Array | Float64Array>} arrays
 */

const ARRAYS = { F32: Float32Array, F64: Float64Array };

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

/**
 * Reads the arrays of 32-bit and 64-bit floating-point numbers of a file, and skips others.
 * @param {ArrayBuffer} buffer
 * @returns {Tensors | null} null if it is no such file
 */
export function decodeTensors(buffer) {
  const view = new DataView(buffer);
  const header = readHeader(buffer, view);
  if (!header) return null;
  const { __metadata__: metadata = {}, ...tensors } = header.entries;
  /** @type {Tensors["arrays"]} */
  const arrays = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    const { dtype, data_offsets: offsets } = /** @type {{ dtype?: unknown, data_offsets?: unknown }} */ (
      tensor ?? {}
    );
    if ((dtype !== "F32" && dtype !== "F64") || !Array.isArray(offsets)) continue;
    const [from, to] = offsets.map(Number);
    if (!(from !== undefined && to !== undefined && from >= 0 && to >= from)) return null;
    const size = ARRAYS[dtype].BYTES_PER_ELEMENT;
    if ((to - from) % size !== 0 || header.end + to > buffer.byteLength) return null;
    const array = new ARRAYS[dtype]((to - from) / size);
    for (let index = 0, at = header.end + from; index < array.length; index++, at += size)
      array[index] = dtype === "F64" ? view.getFloat64(at, true) : view.getFloat32(at, true);
    arrays[name] = array;
  }
  return { metadata: /** @type {Record<string, string>} */ (metadata), arrays };
}

/**
 * @param {ArrayBuffer} buffer
 * @param {DataView} view
 * @returns {{ entries: Record<string, unknown>, end: number } | null}
 */
function readHeader(buffer, view) {
  if (buffer.byteLength < 10) return null;
  const length = Number(view.getBigUint64(0, true));
  if (length < 2 || length > LONGEST_HEADER || 8 + length > buffer.byteLength) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, 8, length));
    const entries = JSON.parse(text);
    return typeof entries === "object" && entries !== null && !Array.isArray(entries)
      ? { entries, end: 8 + length }
      : null;
  } catch {
    return null;
  }
}

/**
 * The text of a file, in UTF-8 or, with a byte order mark, UTF-16; null if its bytes are no text.
 * @param {ArrayBuffer} buffer
 * @returns {string | null}
 */
export function decodeText(buffer) {
  const [first, second] = new Uint8Array(buffer, 0, Math.min(2, buffer.byteLength));
  const little = first === 0xff && second === 0xfe;
  const big = first === 0xfe && second === 0xff;
  const encoding = little ? "utf-16le" : big ? "utf-16be" : "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(buffer);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
