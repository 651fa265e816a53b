/**
 * The address of the page: its fragment describes the experiment by its differences from the default one of the
 * data set (docs/protocol.md, "Saved files").
 */

/**
 * @import { Catalog, Experiment } from "../types/app.js"
 * @import { BuiltExperiment, Given, OwnPoints } from "./build-experiment.js"
 */

import { isEqual } from "../lib/data/equal.js";
import { phrase } from "../lib/text/i18n.js";
import { protectEnd, unescapeText } from "../lib/text/link-repair.js";
import { getField, optionsOf, optionValues } from "../model/experiment.js";
import { fromWireName, toWireName } from "../net/protocol.js";
import { baseExperiment, buildExperiment, choicesWithOptions, quote } from "./build-experiment.js";
import { PER_LAYER, readNumber, readValue, writeValue } from "./field-validation.js";

const POINTS = "data.points";
const POINT_CLASSES = "data.pointClasses";
const SAMPLES = "data.samples";
/** The value that stands for own points, which do not fit into an address. */
const OWN = "own";

/**
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @returns {string} without `#`; empty for the default experiment
 */
export function encodeAddress(catalog, experiment) {
  const { dataset, points, pointClasses } = experiment.data;
  const base = baseExperiment(catalog, dataset, points && { points, pointClasses });
  /** @type {string[]} */
  const pairs = [];
  for (const [path, { kind }] of Object.entries(catalog.fields)) {
    const key = toWireName(path);
    if (path === POINTS) {
      if (points !== null) pairs.push(`${key}=${OWN}`);
    } else if (kind === "options") {
      pairs.push(...optionPairs(catalog, experiment, path.replace(/Options$/, "")));
    } else if (path !== POINT_CLASSES && !(path === SAMPLES && points !== null)) {
      const value = path === PER_LAYER ? oneIfAlike(getField(experiment, path)) : getField(experiment, path);
      const usual = path === "data.dataset" ? catalog.experiment.data.dataset : getField(base, path);
      if (!isEqual(value, usual))
        pairs.push(`${key}=${escapeText(kind === "text" ? String(value) : writeValue(value))}`);
    }
  }
  return protectEnd(pairs.join("&"));
}

/**
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {string} path of a choice
 * @returns {string[]}
 */
function optionPairs(catalog, experiment, path) {
  const values = optionValues(catalog, experiment, path);
  return optionsOf(catalog, experiment, path)
    .filter(({ name, default: usual }) => values[name] !== usual)
    .map(({ name }) => `${toWireName(path)}.${name}=${values[name]}`);
}

/**
 * Reduces activations by layer that are all the same to one.
 * @param {unknown} value
 * @returns {unknown}
 */
function oneIfAlike(value) {
  return Array.isArray(value) && value.length > 0 && value.every((key) => key === value[0])
    ? value[0]
    : value;
}

/**
 * Escapes characters that would end a value or the address; others stay readable.
 * @param {string} text
 * @returns {string}
 */
function escapeText(text) {
  return encodeURIComponent(text).replace(/%2C/g, ",").replace(/%5E/g, "^").replace(/%3A/g, ":");
}

/**
 * @typedef {BuiltExperiment & { known: number, missesPoints: boolean }} Address `known`: number of known keys; `missesPoints`: whether
 *   it refers to own points that this browser does not have
 */

/**
 * @param {Catalog} catalog
 * @param {string} fragment without `#`
 * @param {OwnPoints | null} stored own points of this browser
 * @returns {Address}
 */
export function decodeAddress(catalog, fragment, stored) {
  /** @type {Given} */
  const given = { values: new Map(), options: new Map(), points: null };
  /** @type {string[]} */
  const problems = [];
  const choices = choicesWithOptions(catalog);
  let known = 0;
  let missesPoints = false;
  for (const part of fragment.split("&").filter((text) => text !== "")) {
    const [key, text] = splitPair(part);
    const path = fromWireName(key);
    const field = catalog.fields[path];
    const dot = key.lastIndexOf(".");
    const choice = fromWireName(key.slice(0, Math.max(0, dot)));
    if (path === POINTS) {
      known += 1;
      if (text !== OWN) problems.push(phrase("opening.only", { name: key, value: quote(text), only: OWN }));
      else if (stored) given.points = stored;
      else missesPoints = true;
    } else if (field && field.kind !== "options" && path !== POINT_CLASSES) {
      known += 1;
      const checked = readValue(catalog, path, text);
      if ("value" in checked) given.values.set(path, checked.value);
      else problems.push(phrase("opening.value", { name: key, value: quote(text), why: checked.reason }));
    } else if (choices.includes(choice)) {
      known += 1;
      const options = given.options.get(choice) ?? new Map();
      given.options.set(choice, options.set(key.slice(dot + 1), readNumber(text)));
    } else problems.push(phrase("opening.unknown", { name: quote(key) }));
  }
  const built = buildExperiment(catalog, given);
  return {
    experiment: built.experiment,
    problems: [...problems, ...built.problems],
    known,
    missesPoints,
  };
}

/**
 * @param {string} part
 * @returns {[key: string, text: string]}
 */
function splitPair(part) {
  const at = part.indexOf("=");
  return at < 0
    ? [unescapeText(part), ""]
    : [unescapeText(part.slice(0, at)), unescapeText(part.slice(at + 1))];
}

/** Keys that identify a link of TensorFlow Playground; none of them is a key of this playground. */
const CLASSIC_KEYS =
  /^(activation|batchSize|dataset|regDataset|learningRate|regularization|regularizationRate|noise|networkShape|seed|percTrainData|problem|initZero|showTestData|discretize|x|y|xTimesY|[xy]Squared|(sin|cos)[XY]|collectStats|hideText|tutorial|\w+_hide)=/;

/**
 * Whether a fragment is that of a link of TensorFlow Playground.
 * @param {string} fragment
 * @returns {boolean}
 */
export function isClassicLink(fragment) {
  return fragment.split("&").some((part) => CLASSIC_KEYS.test(part));
}
