/**
 * Texts of the page's language by name, with values, and its number formats. `useLanguage` must be called once, before
 * the first text.
 */

/** @typedef {string | Record<string, string>} Text a text, or its forms by plural category */

/**
 * @typedef {object} Language
 * @property {string} key its tag (BCP 47)
 * @property {string} percent how a percentage is written around its {number}
 * @property {Record<string, Text>} texts
 */

/** The true minus sign, as wide as a digit. */
export const MINUS = "\u2212";

/** @type {Language} */
let language = { key: "en", percent: "{number}\u202f%", texts: {} };
let plurals = new Intl.PluralRules(language.key);
/** @type {Map<Intl.NumberFormatOptions, Intl.NumberFormat>} */
const formats = new Map();
/** @type {Intl.NumberFormatOptions} */
const NATURAL = { maximumSignificantDigits: 12 };

/** @param {Language} given */
export function useLanguage(given) {
  language = given;
  plurals = new Intl.PluralRules(given.key);
  formats.clear();
}

/**
 * The texts that the page carries.
 * @param {string} json
 * @returns {Language}
 */
export function decodeLanguage(json) {
  return JSON.parse(json);
}

/** The key of the language. */
export function languageKey() {
  return language.key;
}

/**
 * A number as the language writes it.
 * @param {number} value
 * @param {Intl.NumberFormatOptions} [options] the same object each time, as the formatter is cached by it
 * @returns {string}
 */
export function formatNumber(value, options = NATURAL) {
  let format = formats.get(options);
  if (!format) {
    format = new Intl.NumberFormat(language.key, { signDisplay: "negative", ...options });
    formats.set(options, format);
  }
  return format.format(value).replace("-", MINUS);
}

/**
 * A text with values inserted. Numbers are formatted for the language; `count` chooses among plural forms.
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function phrase(name, values = {}) {
  const found = language.texts[name];
  if (found === undefined) throw new Error(`There is no text ${name}`);
  const form = typeof found === "string" ? found : formOf(found, Number(values.count));
  return form.replace(/\{(\w+)\}/g, (whole, key) => {
    const value = values[key];
    return typeof value === "number" ? formatNumber(value) : (value ?? whole);
  });
}

/**
 * @param {Record<string, string>} forms
 * @param {number} count
 * @returns {string}
 */
function formOf(forms, count) {
  return forms[plurals.select(count)] ?? forms.other ?? "";
}

/** How a percentage is written around its {number}. */
export function percentPattern() {
  return language.percent;
}

/**
 * Joins items to a list, as in "a, b and c".
 * @param {string[]} items
 * @returns {string}
 */
export function joined(items) {
  const [last = "", ...others] = items.toReversed();
  if (others.length === 0) return last;
  return phrase("list.last", { items: others.toReversed().join(phrase("list.between")), last });
}
