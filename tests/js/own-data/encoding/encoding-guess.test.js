import assert from "node:assert/strict";
import { test } from "node:test";
import { rankEncodings } from "../../../../static/js/own-data/encoding/encoding-guess.js";

/** @param {Uint8Array} bytes @param {string[]} encodings */
const candidatesOf = (bytes, encodings) =>
  encodings.map((encoding) => ({ encoding, words: [new TextDecoder(encoding).decode(bytes)] }));

/**
 * @param {Uint8Array} bytes
 * @param {string[]} encodings
 * @param {string[]} [languages]
 */
const rank = (bytes, encodings, languages = []) =>
  rankEncodings(candidatesOf(bytes, encodings), [bytes], languages).map(({ encoding }) => encoding);

test("the encoding in which the word has frequent letters is the likeliest", () => {
  const cyrillic = Uint8Array.of(0xea, 0xee, 0xf8, 0xea, 0xe0);

  assert.equal(rank(cyrillic, ["koi8-r", "windows-1251", "windows-1253"])[0], "windows-1251");
});

test("a preferred language decides between encodings that are as good", () => {
  const word = Uint8Array.of(0x63, 0xf3, 0x72);

  assert.equal(rank(word, ["windows-1252", "windows-1250"], ["es"])[0], "windows-1252");
  assert.equal(rank(word, ["windows-1252", "windows-1250"], ["pl"])[0], "windows-1250");
});
