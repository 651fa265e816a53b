/** Builds an experiment from the values of a link or a file. Unusable values are left out and reported. */

/**
 * @import { Catalog, ChoiceOption, Experiment } from "../types/app.js"
 */

import { isEqual } from "../lib/data/equal.js";
import { phrase } from "../lib/text/i18n.js";
import { getField, optionsOf, optionValues, withField } from "../model/experiment.js";
import { appliesTo, datasetChoice, lossesFor, problemOf, splitOf } from "../model/problem.js";
import { toWireName } from "../net/protocol.js";
import { checkNumber, PER_LAYER } from "./field-validation.js";

/** @typedef {Pick<Experiment["data"], "points" | "pointClasses">} OwnPoints */

/**
 * @typedef {object} Given
 * @property {Map<string, unknown>} values valid values by path
 * @property {Map<string, Map<string, unknown>>} options by the path of their choice, then by name; not checked yet
 * @property {OwnPoints | null} points
 */

/**
 * @typedef {object} BuiltExperiment
 * @property {Experiment} experiment
 * @property {string[]} problems what was left out and why, as sentences
 */

/** Initializers that a seed of TensorFlow Playground can draw. */
const CLASSIC_INITIALIZERS = ["classic", "zeros"];

/**
 * The default experiment with a data set, or with own points.
 * @param {Catalog} catalog
 * @param {string} dataset
 * @param {OwnPoints | null} own
 * @returns {Experiment}
 */
export function baseExperiment(catalog, dataset, own) {
  const plain = withField(catalog.experiment, "data.dataset", dataset);
  const samples = own?.points ? own.points.length : datasetChoice(catalog, dataset).samples;
  const withPoints = own ? { ...plain, data: { ...plain.data, ...own } } : plain;
  const sized = withField(withPoints, "data.samples", samples);
  const complete = withField(sized, "data.datasetOptions", optionValues(catalog, sized, "data.dataset"));
  const losses = lossesFor(catalog, problemOf(catalog, complete));
  const usual = losses.find(({ key }) => key === complete.objective.loss) ?? losses[0];
  return usual ? withField(complete, "objective.loss", usual.key) : complete;
}

/**
 * @param {Catalog} catalog
 * @param {Given} given
 * @returns {BuiltExperiment}
 */
export function buildExperiment(catalog, { values, options, points }) {
  /** @type {string[]} */
  const problems = [];
  const dataset = /** @type {string} */ (values.get("data.dataset") ?? catalog.experiment.data.dataset);
  const base = baseExperiment(catalog, dataset, points);
  let experiment = base;
  for (const [path, value] of values) experiment = withField(experiment, path, value);
  if (points) experiment = withField(experiment, "data.samples", base.data.samples);
  experiment = withOptions(catalog, experiment, options, problems);
  return { experiment: fitted(catalog, experiment, base, problems), problems };
}

/**
 * Sets the options of every choice: the given ones, and defaults for the others.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {Given["options"]} given
 * @param {string[]} problems
 * @returns {Experiment}
 */
function withOptions(catalog, experiment, given, problems) {
  let changed = experiment;
  for (const path of choicesWithOptions(catalog)) {
    const known = optionsOf(catalog, changed, path);
    const emptied = withField(changed, `${path}Options`, {});
    /** @type {Record<string, number>} */
    const values = optionValues(catalog, emptied, path);
    for (const [name, value] of given.get(path) ?? []) {
      const option = known.find((row) => row.name === name);
      const wire = `${toWireName(path)}.${name}`;
      const checked = option && checkNumber(value, option);
      if (checked && "value" in checked) values[name] = /** @type {number} */ (checked.value);
      else {
        const why = checked?.reason ?? unknownOption(changed, path, known);
        problems.push(phrase("opening.value", { name: wire, value: quote(value), why }));
      }
    }
    changed = withField(emptied, `${path}Options`, values);
  }
  return changed;
}

/**
 * @param {Experiment} experiment
 * @param {string} path
 * @param {ChoiceOption[]} known
 */
function unknownOption(experiment, path, known) {
  const names = known.map(({ name }) => name).join(", ");
  const row = String(getField(experiment, path));
  return names ? phrase("opening.only-options", { row, names }) : phrase("opening.no-options", { row });
}

/**
 * The paths of choices whose rows may have options.
 * @param {Catalog} catalog
 * @returns {string[]}
 */
export function choicesWithOptions(catalog) {
  return Object.entries(catalog.fields)
    .filter(([, { kind }]) => kind === "options")
    .map(([path]) => path.replace(/Options$/, ""));
}

/**
 * Resets values that are valid alone but not together, and reports them.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {Experiment} base
 * @param {string[]} problems
 * @returns {Experiment}
 */
function fitted(catalog, experiment, base, problems) {
  let fit = experiment;
  /**
   * @param {string} path
   * @param {string} why
   */
  function fallBack(path, why) {
    problems.push(
      phrase("opening.value", { name: toWireName(path), value: quote(getField(fit, path)), why }),
    );
    fit = withField(fit, path, getField(base, path));
  }

  const problem = problemOf(catalog, fit);
  const losses = lossesFor(catalog, problem).map(({ key }) => key);
  if (!losses.includes(fit.objective.loss))
    fallBack("objective.loss", phrase("opening.allowed-here", { allowed: losses.join(", ") }));
  for (const [path, field] of Object.entries(catalog.fields)) {
    if (getField(fit, path) !== field.default && !appliesTo(catalog, path, problem))
      fallBack(path, phrase("opening.means-nothing"));
  }
  const { activation, hidden } = fit.network;
  if (Array.isArray(activation) && activation.length !== hidden.length)
    fallBack(PER_LAYER, phrase("opening.layers", { count: hidden.length }));
  if (splitOf(fit.data).test < 1) fallBack("data.validationFraction", phrase("opening.no-test"));
  if (splitOf(fit.data).test < 1) fallBack("data.trainFraction", phrase("opening.no-test"));
  const rule = catalog.choices.stops.find(({ key }) => key === fit.training.stop);
  if (rule?.needsValidation && fit.data.validationFraction === 0) {
    fallBack("training.stop", phrase("opening.no-validation"));
    fit = withField(fit, "training.stopOptions", base.training.stopOptions);
  }
  const obstacle = fit.data.classicSeed === null ? null : classicObstacle(catalog, fit);
  if (obstacle) fallBack("data.classicSeed", obstacle);
  return fit;
}

/**
 * Resets one field that the server refuses to its default.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {string | null | undefined} name of the field, or of a part of it
 * @returns {Experiment | null} null if that changes nothing
 */
export function withoutField(catalog, experiment, name) {
  const path = Object.keys(catalog.fields).find((field) => name === field || name?.startsWith(`${field}.`));
  if (path === undefined) return null;
  const { dataset, points, pointClasses } = experiment.data;
  const base = baseExperiment(catalog, dataset, points && { points, pointClasses });
  const repaired = withField(experiment, path, getField(base, path));
  return isEqual(repaired, experiment) ? null : repaired;
}

/**
 * Why a seed of TensorFlow Playground cannot draw an experiment, or null if it can.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @returns {string | null}
 */
export function classicObstacle(catalog, { data, network }) {
  if (data.points !== null) return phrase("opening.seed-own-points");
  if (!datasetChoice(catalog, data.dataset).classic)
    return phrase("opening.seed-dataset", { dataset: data.dataset });
  if (!CLASSIC_INITIALIZERS.includes(network.initializer))
    return phrase("opening.seed-initializer", { initializer: network.initializer });
  if (data.minorityShare > 0) return phrase("opening.seed-minority");
  return data.samples % 2 === 1 ? phrase("opening.seed-odd") : null;
}

/**
 * A value as JSON for a sentence, shortened.
 * @param {unknown} value
 * @returns {string}
 */
export function quote(value) {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
