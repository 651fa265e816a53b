/** Guesses the encoding of a text without a byte order mark, by the frequency of letters in languages. */

import { SCRIPTS } from "./encoding-scripts.js";

/** @import { Script } from "./encoding-scripts.js" */

/**
 * @typedef {object} Candidate
 * @property {string} encoding
 * @property {string[]} words decoded
 */

/** How much rarer an encoding is than the first one of its script, as a natural logarithm. */
const RARITY = new Map([
  ["iso-8859-2", 0.7],
  ["koi8-r", 1],
  ["koi8-u", 1.5],
  ["ibm866", 1],
  ["macintosh", 1.5],
  ["ibm850", 2],
  ["ibm852", 2],
  ["ibm437", 2.5],
  ["x-mac-cyrillic", 2.5],
  ["iso-8859-5", 3],
  ["euc-jp", 1],
]);
/** How much likelier a preferred language of the browser is, as a natural logarithm. */
const PREFERRED = 3;
/** Longest part of a word that is used. */
const LONG_WORD = 64;
/** Costs of characters, as negative natural logarithms of their frequency. */
const COST = {
  strange: 16,
  sign: 9,
  foreign: 8,
  number: 1,
  switch: 4,
  capital: 5,
  capitals: 1,
  mark: 1.5,
  neighbour: 1.5,
};

/** Range of the first bytes of common characters, by encoding. */
const COMMON_RANGE = new Map([
  ["gb18030", [0xb0, 0xd7]],
  ["big5", [0xa4, 0xc6]],
  ["shift_jis", [0x88, 0x98]],
  ["euc-jp", [0xb0, 0xcf]],
  ["euc-kr", [0xb0, 0xc8]],
]);

/**
 * Sorts candidates, the likeliest first.
 * @param {readonly Candidate[]} candidates
 * @param {readonly Uint8Array[]} words the same words as bytes
 * @param {readonly string[]} languages that the browser prefers
 * @returns {Candidate[]}
 */
export function rankEncodings(candidates, words, languages) {
  const costs = new Map(candidates.map((candidate) => [candidate, costOf(candidate, words, languages)]));
  return candidates.toSorted((one, other) => (costs.get(one) ?? 0) - (costs.get(other) ?? 0));
}

/**
 * @param {Candidate} candidate
 * @param {readonly Uint8Array[]} bytes
 * @param {readonly string[]} languages
 * @returns {number} the cost under the best-fitting language
 */
function costOf({ encoding, words }, bytes, languages) {
  const own = SCRIPTS.filter(({ encodings }) => encodings.includes(encoding));
  return Math.min(
    ...own.map((script) => {
      const preferred = languages.some((language) => matches(script.tag, language)) ? PREFERRED : 0;
      let cost = script.rarity + (RARITY.get(encoding) ?? 0) - preferred;
      for (const [index, whole] of words.entries()) {
        const word = whole.slice(0, LONG_WORD);
        cost +=
          script.kind === "characters"
            ? costOfCharacters(word, bytes[index] ?? new Uint8Array(), encoding, script)
            : costOfLetters(word, script);
      }
      return cost;
    }),
  );
}

/**
 * @param {string} tag of a script
 * @param {string} language of a browser
 * @returns {boolean}
 */
function matches(tag, language) {
  const { language: own, script } = new Intl.Locale(language).maximize();
  return own === "zh" ? tag === `zh-${script}` : tag === own;
}

/**
 * @param {string} word
 * @param {Script} script
 * @returns {number}
 */
function costOfLetters(word, { kind, common }) {
  const signs = [...word];
  const places = new Map([...common].map((letter, index) => [letter, index]));
  let cost = 0;
  for (const [index, sign] of signs.entries()) {
    const before = signs[index - 1] ?? "";
    if (/\p{Lu}/u.test(sign)) {
      if (/\p{Ll}/u.test(before)) cost += COST.capital;
      else if (/\p{Lu}/u.test(before) && sign > "\u007f") cost += COST.capitals;
    } else if (/\p{Ll}/u.test(sign) && /\p{Lu}/u.test(before) && /\p{Lu}/u.test(signs[index - 2] ?? "")) {
      cost += COST.capital;
    }
    if (sign <= "\u007f") {
      if (kind === "alphabet" && /[a-z]/i.test(sign) && before > "\u007f") cost += COST.switch;
      continue;
    }
    const place = places.get(sign) ?? places.get(sign.toLowerCase());
    if (kind === "alphabet" && /[a-z]/i.test(before)) cost += COST.switch;
    if (place === undefined)
      cost += isOfNumber(before, sign, signs[index + 1]) ? COST.number : costOfOthers(sign);
    else if (kind === "marks")
      cost += COST.mark + Math.log(places.size) + (before > "\u007f" ? COST.neighbour : 0);
    else cost += 0.9 + Math.log(place + 3);
  }
  return cost;
}

/**
 * @param {string} before
 * @param {string} sign
 * @param {string} [after]
 * @returns {boolean} whether it is the minus sign of a number, or stands between its thousands
 */
function isOfNumber(before, sign, after = "") {
  if (!/\d/.test(after)) return false;
  return /[\u2212\uff0d]/.test(sign) || (/\d/.test(before) && /[\u00a0\u202f\u2019]/.test(sign));
}

/**
 * @param {string} sign that is no letter of the script
 * @returns {number}
 */
function costOfOthers(sign) {
  if (/\p{L}|\p{M}/u.test(sign)) return COST.foreign;
  return /[\p{C}\u2500-\u259f]/u.test(sign) ? COST.strange : COST.sign;
}

/**
 * @param {string} word
 * @param {Uint8Array} bytes of it
 * @param {string} encoding
 * @param {Script} script
 * @returns {number}
 */
function costOfCharacters(word, bytes, encoding, { common, tag }) {
  const [first = 0, last = 0] = COMMON_RANGE.get(encoding) ?? [];
  let cost = 0;
  let at = 0;
  let before = "";
  const signs = [...word];
  for (const [index, sign] of signs.entries()) {
    const lead = bytes[at] ?? 0;
    at += lengthAt(bytes, at, encoding);
    const letter = /[a-z]/i.test(sign);
    const ofNumber = isOfNumber(before, sign, signs[index + 1]);
    if ((letter && before > "\u007f") || (sign > "\u007f" && /[a-z]/i.test(before))) cost += COST.switch;
    before = sign;
    if (sign <= "\u007f") continue;
    if (ofNumber) cost += COST.number;
    else if (common.includes(sign)) cost += 6;
    else if (tag === "ja" && /[\u3041-\u30fc]/.test(sign)) cost += 5;
    else if (tag === "ja" && /[\uff66-\uff9f]/.test(sign)) cost += 5.5;
    else if (!/\p{L}/u.test(sign)) cost += /[\u3000-\u303f\uff01-\uff5e]/.test(sign) ? 11 : COST.strange;
    else if (tag === "ko" && /\p{sc=Han}/u.test(sign)) cost += 14;
    else cost += lead >= first && lead <= last ? 9.5 : 14;
  }
  return cost;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {string} encoding
 * @returns {number} how many bytes the character has that begins there
 */
function lengthAt(bytes, at, encoding) {
  const [lead = 0, next = 0] = bytes.subarray(at, at + 2);
  if (lead < 0x80) return 1;
  if (encoding === "gb18030" && next >= 0x30 && next <= 0x39) return 4;
  if (encoding === "euc-jp" && lead === 0x8f) return 3;
  return encoding === "shift_jis" && lead >= 0xa1 && lead <= 0xdf ? 1 : 2;
}
