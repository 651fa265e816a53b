/**
 * Decompresses frames (docs/protocol.md): inflates them with the platform's asynchronous stream, then undoes the delta coding.
 */

import { hasLosses, readTensors } from "./protocol.js";

/**
 * @import { FrameDecompressor } from "../types/app.js"
 */

/** The tensors of the last frame: bytes, or 32-bit words for numbers of several bytes. */
/** @typedef {Map<string, { kind: string, values: Uint8Array | Uint32Array }>} LastTensors */

/** Whether the platform can inflate. */
export const canDecompress = typeof DecompressionStream === "function";

/**
 * Creates the decompressor of one connection's frames.
 * @returns {FrameDecompressor}
 */
export function createDecompressor() {
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  /** @type {LastTensors} */
  let last = new Map();

  /**
   * @param {ArrayBuffer} message
   * @returns {Promise<Uint8Array<ArrayBuffer>>} the inflated bytes, after four bytes with their length
   */
  async function inflate(message) {
    const written = writer.write(new Uint8Array(message));
    written.catch(() => {}); // the reader throws it
    let bytes = new Uint8Array(0);
    while (bytes.length < 4 || bytes.length < 4 + sizeOf(bytes)) {
      const { value, done } = await reader.read();
      if (done) throw new Error("Packed frame: the stream has ended");
      bytes = bytes.length === 0 ? value : joined(bytes, value);
    }
    await written;
    if (bytes.length !== 4 + sizeOf(bytes)) throw new Error("Packed frame: longer than it says");
    return bytes;
  }

  return {
    async decompress(message) {
      const file = (await inflate(message)).slice(4);
      /** @type {LastTensors} */
      const next = new Map();
      for (const { name, kind, size, start, end } of readTensors(file.buffer)) {
        const isLoss = hasLosses(name);
        const before = last.get(name);
        const base = !isLoss && before?.kind === kind ? before.values : null;
        const folded = file.subarray(start, end);
        const values = size === 1 ? unfoldBytes(folded, base) : unfoldWords(folded, size, base, isLoss);
        if (values instanceof Uint32Array) folded.set(new Uint8Array(values.buffer));
        next.set(name, { kind, values });
      }
      last = next;
      return file.buffer;
    },
    close() {
      reader.cancel().catch(() => {});
      writer.abort().catch(() => {});
    },
  };
}

/**
 * @param {Uint8Array} bytes
 * @returns {number}
 */
function sizeOf([a = 0, b = 0, c = 0, d = 0]) {
  return a + b * 2 ** 8 + c * 2 ** 16 + d * 2 ** 24;
}

/**
 * @param {Uint8Array} first
 * @param {Uint8Array} second
 */
function joined(first, second) {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/**
 * Undoes delta coding in place: each byte is the difference to the last frame minus the same difference of its left neighbour.
 * @param {Uint8Array} folded
 * @param {Uint8Array | Uint32Array | null} base of the last frame
 * @returns {Uint8Array}
 */
function unfoldBytes(folded, base) {
  let difference = 0;
  for (let index = 0; index < folded.length; index++) {
    difference += /** @type {number} */ (folded[index]);
    folded[index] = difference + (base ? /** @type {number} */ (base[index]) : 0);
  }
  return folded;
}

/**
 * Undoes byte planes and delta coding of numbers of four or eight bytes. Losses are coded against the number before, other
 * tensors against the last frame.
 * @param {Uint8Array} folded
 * @param {number} size bytes per number
 * @param {Uint8Array | Uint32Array | null} base of the last frame
 * @param {boolean} isLoss
 * @returns {Uint32Array<ArrayBuffer>} the words of the numbers, little-endian
 */
function unfoldWords(folded, size, base, isLoss) {
  const count = folded.length / size;
  const parts = size / 4;
  const words = new Uint32Array(count * parts);
  for (let index = 0; index < count; index++) {
    let carry = 0;
    for (let part = 0; part < parts; part++) {
      const at = part * 4 * count + index;
      const difference =
        /** @type {number} */ (folded[at]) +
        /** @type {number} */ (folded[at + count]) * 2 ** 8 +
        /** @type {number} */ (folded[at + 2 * count]) * 2 ** 16 +
        /** @type {number} */ (folded[at + 3 * count]) * 2 ** 24;
      const place = index * parts + part;
      const from = isLoss ? (words[place - parts] ?? 0) : (base?.[place] ?? 0);
      const sum = difference + from + carry;
      words[place] = sum; // modulo 2 ** 32
      carry = sum >= 2 ** 32 ? 1 : 0;
    }
  }
  return words;
}
