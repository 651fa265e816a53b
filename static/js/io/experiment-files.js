/** Saved experiments and trained networks, written and read (docs/protocol.md, "Saved files"). */

/**
 * @import { Catalog, Experiment } from "../types/app.js"
 * @import { Given } from "./build-experiment.js"
 */

import { decodeTensors, decodeText, encodeTensors } from "../lib/data/safetensors.js";
import { formatFixed } from "../lib/text/format.js";
import { phrase } from "../lib/text/i18n.js";
import { outputsOf } from "../model/problem.js";
import { fromWireName, toWire } from "../net/protocol.js";
import { buildExperiment, choicesWithOptions, quote } from "./build-experiment.js";
import { checkNumber, checkValue } from "./field-validation.js";

const EXPERIMENT = "neural-playground-experiment";
const NETWORK = "neural-playground-network";
const VERSION = 1;
/** Size limit of files, in bytes. */
export const LARGEST_FILE = 5_000_000;
/** Largest absolute value of a parameter in the protocol. */
const LARGEST_PARAMETER = 1e6;

/** A file that cannot be opened; the message is a sentence for people. */
export class FileError extends Error {}

/**
 * @typedef {object} Opened
 * @property {Experiment} experiment
 * @property {string[]} problems what was left out and why
 * @property {{ values: Float32Array | Float64Array, epoch: number } | null} network trained parameters, if there are any
 */

/**
 * @param {Experiment} experiment
 * @returns {string}
 */
export function writeExperiment(experiment) {
  return `${JSON.stringify({ format: EXPERIMENT, version: VERSION, experiment: toWire(experiment) }, null, 2)}\n`;
}

/**
 * @param {Experiment} experiment
 * @param {{ parameters: Float32Array | Float64Array, epoch: number, step: number }} network
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function writeNetwork(experiment, { parameters, epoch, step }) {
  return encodeTensors({
    metadata: {
      format: NETWORK,
      version: String(VERSION),
      experiment: JSON.stringify(toWire(experiment)),
      epoch: String(epoch),
      step: String(step),
    },
    arrays: { parameters },
  });
}

/**
 * Reads either kind of file.
 * @param {Catalog} catalog
 * @param {ArrayBuffer} buffer
 * @returns {Opened}
 * @throws {FileError}
 */
export function readFile(catalog, buffer) {
  if (buffer.byteLength > LARGEST_FILE) throw tooLarge(buffer.byteLength);
  if (buffer.byteLength === 0) throw new FileError(phrase("files.empty"));
  const tensors = decodeTensors(buffer);
  if (tensors) return readNetwork(catalog, tensors);
  const text = decodeText(buffer);
  if (text === null) throw new FileError(phrase("files.binary"));
  return { ...readExperiment(catalog, readJson(text)), network: null };
}

/**
 * @param {number} bytes
 * @returns {FileError}
 */
export function tooLarge(bytes) {
  return new FileError(phrase("files.too-large", { megabytes: formatFixed(bytes / 1e6, 1) }));
}

/** @param {string} text */
function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new FileError(phrase("files.not-json"));
  }
}

/**
 * @param {Catalog} catalog
 * @param {import("../lib/data/safetensors.js").Tensors} tensors
 * @returns {Opened}
 */
function readNetwork(catalog, { metadata, arrays }) {
  const { parameters } = arrays;
  if (metadata.format !== NETWORK || !parameters) throw new FileError(phrase("files.no-network"));
  checkVersion(Number(metadata.version));
  const { experiment, problems } = readExperiment(catalog, readJson(metadata.experiment ?? ""));
  const needed = countParameters(catalog, experiment);
  if (parameters.length !== needed)
    throw new FileError(phrase("files.parameters", { there: parameters.length, needed }));
  if (Array.from(parameters).some((value) => !(Math.abs(value) <= LARGEST_PARAMETER)))
    throw new FileError(phrase("files.wild-parameters"));
  return { experiment, problems, network: { values: parameters, epoch: Number(metadata.epoch) || 0 } };
}

/** @param {unknown} version */
function checkVersion(version) {
  if (version === VERSION) return;
  throw new FileError(phrase("files.version", { version: quote(version), known: VERSION }));
}

/**
 * @param {Catalog} catalog
 * @param {unknown} content of a saved file, or an experiment alone
 * @returns {{ experiment: Experiment, problems: string[] }}
 */
function readExperiment(catalog, content) {
  const record = asRecord(content);
  if (!record) throw new FileError(phrase("files.no-experiment"));
  if (!("format" in record)) {
    const groups = Object.keys(toWire(catalog.experiment));
    if (!Object.keys(record).some((key) => groups.includes(key)))
      throw new FileError(phrase("files.no-format"));
    return readFields(catalog, record);
  }
  if (record.format !== EXPERIMENT)
    throw new FileError(phrase("files.format", { format: quote(record.format) }));
  checkVersion(record.version);
  const experiment = asRecord(record.experiment);
  if (!experiment) throw new FileError(phrase("files.hollow"));
  return readFields(catalog, experiment);
}

/**
 * @param {Catalog} catalog
 * @param {Record<string, unknown>} experiment with the names of the wire
 */
function readFields(catalog, experiment) {
  /** @type {Given} */
  const given = { values: new Map(), options: new Map(), points: null };
  /** @type {string[]} */
  const problems = [];
  const choices = choicesWithOptions(catalog);
  for (const [name, value] of flatten(catalog, experiment)) {
    const path = fromWireName(name);
    const choice = path.replace(/Options$/, "");
    const options = asRecord(value);
    if (path === "data.points" || path === "data.pointClasses") continue;
    if (choice !== path && choices.includes(choice) && options) {
      given.options.set(choice, new Map(Object.entries(options)));
    } else if (path in catalog.fields && choice === path) {
      const checked = checkValue(catalog, path, value);
      if ("value" in checked) given.values.set(path, checked.value);
      else problems.push(phrase("opening.value", { name, value: quote(value), why: checked.reason }));
    } else problems.push(phrase("opening.unknown", { name }));
  }
  given.points = readPoints(catalog, asRecord(experiment.data) ?? {}, problems);
  const built = buildExperiment(catalog, given);
  return { experiment: built.experiment, problems: [...problems, ...built.problems] };
}

/**
 * Values by dotted name.
 * @param {Catalog} catalog
 * @param {Record<string, unknown>} experiment
 * @returns {[name: string, value: unknown][]}
 */
function flatten(catalog, experiment) {
  return Object.entries(experiment).flatMap(([group, content]) => {
    const inner = group in catalog.fields ? null : asRecord(content);
    if (!inner) return [/** @type {[string, unknown]} */ ([group, content])];
    return Object.entries(inner).map(
      ([name, value]) => /** @type {[string, unknown]} */ ([`${group}.${name}`, value]),
    );
  });
}

/**
 * @param {Catalog} catalog
 * @param {Record<string, unknown>} data
 * @param {string[]} problems
 * @returns {Given["points"]}
 */
function readPoints(catalog, { points, point_classes: classes }, problems) {
  if (points === undefined || points === null) return null;
  const own = asOwnPoints(catalog, { points, pointClasses: classes });
  if (!own) problems.push(phrase("files.points"));
  return own;
}

/**
 * Validates own points; null if they are none.
 * @param {Catalog} catalog
 * @param {unknown} value
 * @returns {Given["points"]}
 */
export function asOwnPoints(catalog, value) {
  const { points, pointClasses = 2 } = asRecord(value) ?? {};
  const classes = checkNumber(pointClasses, { ...catalog.fields["data.pointClasses"], whole: true });
  if (!Array.isArray(points) || points.length < 10 || points.length > 5000 || "reason" in classes)
    return null;
  const count = /** @type {number} */ (classes.value);
  const isPoint = (/** @type {unknown} */ point) =>
    Array.isArray(point) &&
    point.length === 3 &&
    point.every((number) => typeof number === "number" && Math.abs(number) <= 1000) &&
    (count === 2 || (Number.isInteger(point[2]) && point[2] >= 0 && point[2] < count));
  return points.every(isPoint) ? { points, pointClasses: count } : null;
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown> | null}
 */
function asRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? /** @type {Record<string, unknown>} */ (value)
    : null;
}

/**
 * How many weights and biases an experiment's network has.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @returns {number}
 */
export function countParameters(catalog, experiment) {
  const sizes = [...experiment.network.hidden, outputsOf(catalog, experiment)];
  let inputs = experiment.features.length;
  return sizes.reduce((sum, units) => {
    const count = (inputs + 1) * units;
    inputs = units;
    return sum + count;
  }, 0);
}
