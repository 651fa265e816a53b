/**
 * Files of float32 arrays by name, in the safetensors format: an unsigned 64-bit little-endian header length, a JSON header
 * padded with spaces to a multiple of eight bytes, then the arrays, little-endian.
 */

/** Longest header to believe, in bytes. */
const LONGEST_HEADER = 1_000_000;

/**
 * @typedef {object} Tensors
 * @property {Record<string, string>} metadata
 * @property {Record<string, Float32Array>} arrays
 */

/**
 * @param {Tensors} tensors
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encodeTensors({ metadata, arrays }) {
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: metadata };
  let end = 0;
  for (const [name, { length }] of Object.entries(arrays)) {
    header[name] = { dtype: "F32", shape: [length], data_offsets: [end, end + 4 * length] };
    end += 4 * length;
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
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return bytes;
}

/**
 * Reads the float32 arrays of a file; others are passed over.
 * @param {ArrayBuffer} buffer
 * @returns {Tensors | null} null if it is no such file
 */
export function decodeTensors(buffer) {
  const view = new DataView(buffer);
  const header = readHeader(buffer, view);
  if (!header) return null;
  const { __metadata__: metadata = {}, ...tensors } = header.entries;
  /** @type {Record<string, Float32Array>} */
  const arrays = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    const { dtype, data_offsets: offsets } = /** @type {{ dtype?: unknown, data_offsets?: unknown }} */ (
      tensor ?? {}
    );
    if (dtype !== "F32" || !Array.isArray(offsets)) continue;
    const [from, to] = offsets.map(Number);
    if (!(from !== undefined && to !== undefined && from >= 0 && to >= from)) return null;
    if ((to - from) % 4 !== 0 || header.end + to > buffer.byteLength) return null;
    arrays[name] = Float32Array.from({ length: (to - from) / 4 }, (_, index) =>
      view.getFloat32(header.end + from + 4 * index, true),
    );
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
 * The text of a file, or null if its bytes are no text.
 * @param {ArrayBuffer} buffer
 * @returns {string | null}
 */
export function decodeText(buffer) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(buffer);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
