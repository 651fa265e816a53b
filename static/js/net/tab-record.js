/**
 * The record of this tab in session storage: the resume token, and what the token lacks, such as losses and the undo stack.
 * It lasts as long as the tab; a duplicated tab gets a copy.
 */

/**
 * @import { Experiment, UndoStack, SettingMark } from "../types/app.js"
 */

import { encodeBase64 } from "../lib/data/base64.js";

const KEY = "neural-playground-record";
const LOSSES_KEY = "neural-playground-losses";
const VERSION = 1;

/** Losses are stored exactly; beyond this number of epochs the oldest are thinned. */
export const MOST_EPOCHS = 40_000;
/** Longest undo stack that is stored, in characters of JSON. */
const LONGEST_UNDO = 400_000;

/**
 * @typedef {object} TabRecord
 * @property {string} token
 * @property {string} address fragment of the page; a record for another one is not used
 * @property {Experiment} experiment
 * @property {number | null} speed
 * @property {number} run
 * @property {number} history number of the lineage
 * @property {UndoStack | null} undo
 * @property {SettingMark[]} marks
 */

/**
 * @typedef {object} RecordedLosses as `packLosses` writes them
 * @property {number} history number of their lineage
 * @property {string} train
 * @property {string} test
 * @property {string} validation
 */

/** @typedef {() => Pick<Storage, "getItem" | "setItem" | "removeItem">} StorageSource gives the storage; may throw */

/**
 * @param {StorageSource} getStorage
 * @returns {TabRecord | null} null if there is none that can be read
 */
export function readRecord(getStorage) {
  const record = /** @type {(TabRecord & { version: number }) | null} */ (read(getStorage, KEY));
  return record?.version === VERSION && typeof record.token === "string" ? record : null;
}

/**
 * Whether this tab has a resume token.
 * @param {StorageSource} getStorage
 * @returns {boolean}
 */
export function hasRecord(getStorage) {
  return readRecord(getStorage) !== null;
}

/**
 * @param {StorageSource} getStorage
 * @param {TabRecord} record
 * @returns {boolean} whether it was stored
 */
export function writeRecord(getStorage, record) {
  const undo = record.undo && JSON.stringify(record.undo).length <= LONGEST_UNDO ? record.undo : null;
  return write(getStorage, KEY, { version: VERSION, ...record, undo });
}

/**
 * @param {StorageSource} getStorage
 * @returns {RecordedLosses | null}
 */
export function readLosses(getStorage) {
  return /** @type {RecordedLosses | null} */ (read(getStorage, LOSSES_KEY));
}

/**
 * @param {StorageSource} getStorage
 * @param {RecordedLosses} losses
 * @returns {boolean} whether they were stored
 */
export function writeLosses(getStorage, losses) {
  return write(getStorage, LOSSES_KEY, losses);
}

/** @param {StorageSource} getStorage */
export function dropRecord(getStorage) {
  try {
    for (const key of [KEY, LOSSES_KEY]) getStorage().removeItem(key);
  } catch {
    // Storage may be forbidden; then there is no record.
  }
}

/**
 * @param {StorageSource} getStorage
 * @param {string} key
 * @returns {unknown} null if there is none that can be read
 */
function read(getStorage, key) {
  try {
    return JSON.parse(getStorage().getItem(key) ?? "null", withWireNames);
  } catch {
    return null;
  }
}

/**
 * A former version of the page has stored experiments with camelCase names.
 * @param {string} _key
 * @param {unknown} value
 * @returns {unknown}
 */
function withWireNames(_key, value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      item,
    ]),
  );
}

/**
 * @param {StorageSource} getStorage
 * @param {string} key
 * @param {unknown} value
 * @returns {boolean}
 */
function write(getStorage, key, value) {
  try {
    getStorage().setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/**
 * Losses by epoch as text, exactly. Of more than `MOST_EPOCHS` the newest half are all written, and of those before every
 * second, fourth … so that they fit; the others are read as NaN.
 * @param {{ length: number, at: (index: number) => number }} column
 * @returns {string}
 */
export function packLosses({ length, at }) {
  const { from, step } = thinning(length);
  const values = [];
  for (let epoch = 0; epoch < length; epoch += epoch < from ? step : 1) values.push(at(epoch));
  return `${length}:${encodeBase64(new Uint8Array(Float64Array.from(values).buffer))}`;
}

/**
 * @param {string} packed
 * @returns {Float64Array} by epoch
 */
export function unpackLosses(packed) {
  const colon = packed.indexOf(":");
  const length = Number(packed.slice(0, colon));
  const bytes = Uint8Array.from(atob(packed.slice(colon + 1)), (character) => character.charCodeAt(0));
  const values = new Float64Array(bytes.buffer);
  const losses = new Float64Array(length).fill(Number.NaN);
  const { from, step } = thinning(length);
  let index = 0;
  for (let epoch = 0; epoch < length; epoch += epoch < from ? step : 1) {
    losses[epoch] = values[index] ?? Number.NaN;
    index += 1;
  }
  return losses;
}

/**
 * The thinning of losses: before epoch `from`, only every `step`-th is stored.
 * @param {number} length
 */
function thinning(length) {
  if (length <= MOST_EPOCHS) return { from: 0, step: 1 };
  const whole = MOST_EPOCHS / 2;
  const rest = length - whole;
  const step = 2 ** Math.ceil(Math.log2(rest / whole));
  return { from: Math.floor(rest / step) * step, step };
}
