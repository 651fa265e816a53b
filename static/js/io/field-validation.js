/** Validates the fields of an experiment: parses text, checks limits, and says what is wrong. */

import { phrase } from "../lib/text/i18n.js";

/**
 * @import { Catalog, CatalogField, Choice } from "../types/app.js"
 */

/** @typedef {{ value: unknown } | { reason: string }} Checked the valid value, or a sentence about what is allowed */

/** The field with one choice for all hidden layers, or one for each. */
export const PER_LAYER = "network.activation";

/**
 * A key of a choice as written in addresses: lower case, without spaces and superscripts.
 * @param {string} key
 * @returns {string}
 */
export function fold(key) {
  return key.trim().toLowerCase().replaceAll("²", "^2").replace(/[ _]/g, "-");
}

/**
 * The rows that a field chooses from.
 * @param {Catalog} catalog
 * @param {string} path
 * @returns {Choice[]}
 */
function rowsOf(catalog, path) {
  const list = catalog.fields[path]?.choices ?? "";
  const choices = /** @type {Record<string, Choice[]>} */ (/** @type {unknown} */ (catalog.choices));
  return choices[list] ?? [];
}

/**
 * Writes a field's value as text for an address.
 * @param {unknown} value
 * @returns {string}
 */
export function writeValue(value) {
  if (Array.isArray(value)) return value.map(writeValue).join(",");
  return typeof value === "string" ? fold(value) : String(value);
}

/**
 * Reads a field's value from the text of an address.
 * @param {Catalog} catalog
 * @param {string} path
 * @param {string} text
 * @returns {Checked}
 */
export function readValue(catalog, path, text) {
  const field = catalog.fields[path];
  switch (field?.kind) {
    case "integer":
    case "number":
      return checkValue(catalog, path, readNumber(text));
    case "switch":
      return checkValue(catalog, path, text === "true" ? true : text === "false" ? false : text);
    case "layers":
      return checkValue(catalog, path, split(text).map(readNumber));
    case "features":
      return checkValue(catalog, path, split(text));
    case "choice":
      return checkValue(
        catalog,
        path,
        path === PER_LAYER && (text === "" || text.includes(",")) ? split(text) : text,
      );
    default:
      return checkValue(catalog, path, text);
  }
}

/**
 * Parses a number of an address; any other text is returned unchanged.
 * @param {string} text
 * @returns {number | string}
 */
export function readNumber(text) {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : text;
}

/** @param {string} text */
function split(text) {
  return text.trim() === "" ? [] : text.split(",").map((part) => part.trim());
}

/**
 * Validates one value by itself, not in combination with others.
 * @param {Catalog} catalog
 * @param {string} path
 * @param {unknown} value
 * @returns {Checked}
 */
export function checkValue(catalog, path, value) {
  const field = catalog.fields[path];
  switch (field?.kind) {
    case "integer":
    case "number":
      return checkNumber(value, { ...field, whole: field.kind === "integer" });
    case "switch":
      return typeof value === "boolean" ? { value } : { reason: phrase("values.boolean") };
    case "layers":
      return checkLayers(value, field);
    case "features":
      return checkFeatures(catalog, path, value);
    case "choice":
      return path === PER_LAYER && Array.isArray(value)
        ? checkEach(value, (key) => checkChoice(catalog, path, key))
        : checkChoice(catalog, path, value);
    case "text":
      if (value === null) return { value };
      return typeof value === "string" && /^[ -~]{1,64}$/.test(value)
        ? { value }
        : { reason: phrase("values.seed") };
    default:
      return { reason: phrase("values.not-here") };
  }
}

/**
 * @param {unknown} value
 * @param {{ minimum?: number | null | undefined, maximum?: number | null | undefined, whole: boolean }} limits
 * @returns {Checked}
 */
export function checkNumber(value, { minimum, maximum, whole }) {
  const low = minimum ?? Number.NEGATIVE_INFINITY;
  const high = maximum ?? Number.POSITIVE_INFINITY;
  const kind = phrase(whole ? "values.whole" : "values.number");
  const ranged = Number.isFinite(low) && Number.isFinite(high);
  const reason = ranged ? phrase("values.in-range", { kind, low: String(low), high: String(high) }) : kind;
  if (typeof value !== "number" || !Number.isFinite(value)) return { reason };
  return value >= low && value <= high && (!whole || Number.isInteger(value)) ? { value } : { reason };
}

/**
 * @param {unknown} value
 * @param {CatalogField} field
 * @returns {Checked}
 */
function checkLayers(value, field) {
  const { minimumLayers, maximumLayers, minimumUnits: minimum, maximumUnits: maximum } = field;
  const fewest = minimumLayers ?? 0;
  const most = maximumLayers ?? Number.POSITIVE_INFINITY;
  if (!Array.isArray(value) || value.length < fewest || value.length > most)
    return { reason: phrase("values.layers", { fewest, most }) };
  return checkEach(value, (units) => checkNumber(units, { minimum, maximum, whole: true }));
}

/**
 * @param {Catalog} catalog
 * @param {string} path
 * @param {unknown} value
 * @returns {Checked}
 */
function checkFeatures(catalog, path, value) {
  if (!Array.isArray(value) || value.length === 0) return { reason: phrase("values.at-least-one") };
  const checked = checkEach(value, (key) => checkChoice(catalog, path, key));
  if ("reason" in checked) return checked;
  const keys = /** @type {string[]} */ (checked.value);
  return new Set(keys).size === keys.length ? checked : { reason: phrase("values.once") };
}

/**
 * @param {Catalog} catalog
 * @param {string} path
 * @param {unknown} value
 * @returns {Checked}
 */
function checkChoice(catalog, path, value) {
  const rows = rowsOf(catalog, path);
  const row = typeof value === "string" && rows.find(({ key }) => fold(key) === fold(value));
  return row
    ? { value: row.key }
    : { reason: phrase("values.allowed", { allowed: rows.map(({ key }) => fold(key)).join(", ") }) };
}

/**
 * @param {unknown[]} values
 * @param {(value: unknown) => Checked} check
 * @returns {Checked}
 */
function checkEach(values, check) {
  const checked = values.map(check);
  const bad = checked.find((entry) => "reason" in entry);
  return bad ?? { value: checked.map((entry) => ("value" in entry ? entry.value : null)) };
}
