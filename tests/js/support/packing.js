/** Packs frames as the server does, for tests: plainly, with big integers, and deflated without being compressed. */

import { hasLosses, readTensors } from "../../../static/js/net/protocol.js";

/** Longest stored block of deflate. */
const BLOCK = 65_535;

export function createPacker() {
  /** @type {Map<string, { kind: string, numbers: bigint[] }>} */
  let last = new Map();
  /** How a zlib runData begins. */
  let head = [0x78, 0x01];

  /**
   * @param {ArrayBuffer} file
   * @returns {ArrayBuffer}
   */
  return function pack(file) {
    const record = new Uint8Array(4 + file.byteLength);
    new DataView(record.buffer).setUint32(0, file.byteLength, true);
    record.set(new Uint8Array(file), 4);
    const next = new Map();
    for (const { name, kind, size, start, end } of readTensors(file)) {
      const before = last.get(name);
      const numbers = [];
      for (let at = start; at < end; at += size) numbers.push(numberAt(file, at, size));
      next.set(name, { kind, numbers });
      const base = hasLosses(name) || before?.kind !== kind ? [] : before.numbers;
      let news = numbers.map((value, index) => value - (base[index] ?? 0n));
      if (size === 1 || hasLosses(name)) news = news.map((value, index) => value - (news[index - 1] ?? 0n));
      news.forEach((value, index) => {
        for (let byte = 0; byte < size; byte++) {
          record[4 + start + byte * news.length + index] = Number((value >> BigInt(8 * byte)) & 255n);
        }
      });
    }
    last = next;
    const message = head;
    head = [];
    for (let at = 0; at < record.length; at += BLOCK) {
      const block = record.subarray(at, at + BLOCK);
      const { length } = block;
      message.push(0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255, ...block);
    }
    return Uint8Array.from(message).buffer;
  };
}

/**
 * @param {ArrayBuffer} file
 * @param {number} at
 * @param {number} size
 */
function numberAt(file, at, size) {
  let value = 0n;
  new Uint8Array(file, at, size).forEach((byte, index) => {
    value |= BigInt(byte) << BigInt(8 * index);
  });
  return value;
}
