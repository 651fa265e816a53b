/** Decodes the bytes of a text file: by byte order mark, as UTF-8, or by a guess that can be changed. */

import { joined, phrase } from "../../lib/text/i18n.js";
import { rankEncodings } from "./encoding-guess.js";
import { DOS, SCRIPTS } from "./encoding-scripts.js";
import { kindOfFile } from "./file-signatures.js";

/** @import { Candidate } from "./encoding-guess.js" */
/** @import { Choice } from "../tables/table-reader.js" */

/**
 * @typedef {object} Options
 * @property {string} [encoding] chosen by the person
 * @property {readonly string[]} [languages] that the browser prefers
 */

/** @typedef {{ text: string, choice: Choice | null, problem: null } | { text: null, choice: null, problem: string }} Decoded */

/** Bytes of a file that are checked for being text. */
const BEGINNING = 65_536;
/** Words that are used to guess the encoding, and words and characters that are shown of them. */
const WORDS = 300;
const SHOWN = 3;
const SHOWN_SIGNS = 40;
/** Bytes per call of `String.fromCharCode`. */
const CHUNK = 8192;

/**
 * The choice is null if the encoding is certain: by a byte order mark, or as the bytes are valid UTF-8.
 * @param {Uint8Array} bytes
 * @param {Options} [options]
 * @returns {Decoded} a sentence if it is no text
 */
export function decodeText(bytes, { encoding, languages = [] } = {}) {
  const kind = kindOfFile(bytes);
  if (kind !== null) return refused(phrase(kind));
  const certain = decodeMarked(bytes) ?? decode(bytes, "utf-8");
  const beginning = bytes.subarray(0, BEGINNING);
  const candidates =
    certain !== null && !certain.includes("\0")
      ? []
      : beginning.includes(0)
        ? wideCandidates(bytes)
        : byteCandidates(bytes, languages);
  const text = candidates.length === 0 ? certain : null;
  if (text !== null)
    return looksBinary(text) ? refused(phrase("file.binary")) : { text, choice: null, problem: null };
  return guess(bytes, candidates, encoding);
}

/**
 * @param {string} problem
 * @returns {Decoded}
 */
function refused(problem) {
  return { text: null, choice: null, problem };
}

/**
 * @param {Uint8Array} bytes
 * @param {readonly Candidate[]} candidates the likeliest first
 * @param {string} [wished]
 * @returns {Decoded}
 */
function guess(bytes, candidates, wished) {
  const [best] = candidates;
  if (!best) return refused(phrase("file.binary"));
  const value = candidates.find(({ encoding }) => encoding === wished)?.encoding ?? best.encoding;
  const text = decode(bytes, value, false) ?? "";
  if (looksBinary(text)) return refused(phrase("file.binary"));
  const sampleOf = (/** @type {Candidate} */ { words }) =>
    joined(words.slice(0, SHOWN)).slice(0, SHOWN_SIGNS);
  return {
    text,
    choice: {
      aspect: "encoding",
      value,
      asked: true,
      reason: phrase("encoding.guessed", { words: sampleOf(best) }),
      options: candidates.map((candidate) => ({
        value: candidate.encoding,
        label: phrase(`encoding.${candidate.encoding}`),
        sample: sampleOf(candidate),
      })),
    },
    problem: null,
  };
}

/**
 * @param {Uint8Array} bytes
 * @returns {string | null} null without a byte order mark of UTF-16
 */
function decodeMarked(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decode(bytes, "utf-16le");
  return bytes[0] === 0xfe && bytes[1] === 0xff ? decode(bytes, "utf-16be") : null;
}

/**
 * The candidates for two bytes per character, of which one is zero for ASCII.
 * @param {Uint8Array} bytes
 * @returns {Candidate[]}
 */
function wideCandidates(bytes) {
  const zeros = [0, 0];
  for (const [index, byte] of bytes.subarray(0, BEGINNING).entries())
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const order = odd >= even ? ["utf-16le", "utf-16be"] : ["utf-16be", "utf-16le"];
  return order.flatMap((encoding) => {
    const text = decode(bytes, encoding);
    return text === null || looksBinary(text) ? [] : [{ encoding, words: text.split(/\s+/, SHOWN) }];
  });
}

/**
 * @param {Uint8Array} bytes
 * @param {readonly string[]} languages
 * @returns {Candidate[]}
 */
function byteCandidates(bytes, languages) {
  const words = wordsOf(bytes);
  const all = new Set(SCRIPTS.flatMap(({ encodings }) => encodings));
  const joinedWords = joinBytes(words);
  const found = [...all].flatMap((encoding) => {
    const text = decode(joinedWords, encoding);
    return text === null ? [] : [{ encoding, words: text.split("\n").slice(0, WORDS) }];
  });
  const ranked = rankEncodings(found, words.slice(0, WORDS), languages);
  const damaged = decode(joinedWords, "utf-8", false) ?? "";
  const lost = damaged.split("\ufffd").length - 1;
  const sound = damaged.match(/[^\0-\x7f\ufffd]/g)?.length ?? 0;
  return sound > lost ? [{ encoding: "utf-8", words: damaged.split("\n") }, ...ranked] : ranked;
}

/**
 * The distinct words that have bytes beyond ASCII.
 * @param {Uint8Array} bytes
 * @returns {Uint8Array[]}
 */
function wordsOf(bytes) {
  /** @type {Map<string, Uint8Array>} */
  const words = new Map();
  for (let start = 0; start < bytes.length; ) {
    let end = start;
    let plain = true;
    for (; end < bytes.length && !isDelimiter(bytes[end] ?? 0); end++) plain &&= (bytes[end] ?? 0) < 0x80;
    if (!plain) {
      const word = bytes.subarray(start, end);
      words.set(String.fromCharCode(...word.subarray(0, BEGINNING)), word);
    }
    start = end + 1;
  }
  return [...words.values()];
}

/**
 * @param {number} byte
 * @returns {boolean} whether it is a character by itself in all of the encodings: space, comma, semicolon, quotation mark
 */
function isDelimiter(byte) {
  return byte < 0x30 || (byte > 0x39 && byte < 0x40);
}

/**
 * @param {readonly Uint8Array[]} words
 * @returns {Uint8Array} with line feeds between them
 */
function joinBytes(words) {
  const whole = new Uint8Array(words.reduce((sum, word) => sum + word.length + 1, 0));
  let at = 0;
  for (const word of words) {
    if (at > 0) whole[at++] = 10;
    whole.set(word, at);
    at += word.length;
  }
  return whole.subarray(0, at);
}

/**
 * @param {Uint8Array} bytes
 * @param {string} encoding
 * @param {boolean} [strict] whether invalid bytes are refused
 * @returns {string | null}
 */
function decode(bytes, encoding, strict = true) {
  const signs = DOS.get(encoding);
  if (signs !== undefined) {
    const parts = [];
    for (let at = 0; at < bytes.length; at += CHUNK)
      parts.push(String.fromCharCode(...bytes.subarray(at, at + CHUNK)));
    return parts.join("").replace(/[\u0080-\u00ff]/g, (sign) => signs[sign.charCodeAt(0) - 128] ?? "");
  }
  try {
    return new TextDecoder(encoding, { fatal: strict }).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * Whether a text has too many control characters to be one.
 * @param {string} text
 * @returns {boolean}
 */
function looksBinary(text) {
  const beginning = text.slice(0, BEGINNING);
  let strange = 0;
  for (let index = 0; index < beginning.length; index++) {
    const code = beginning.charCodeAt(index);
    if (code === 0) return true;
    if (code === 0xfffd || (code < 32 && code !== 9 && code !== 10 && code !== 13)) strange += 1;
  }
  return strange > beginning.length / 20;
}
