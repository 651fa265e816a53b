/** Constraints between the fields of an experiment: a change adapts the other fields so that all fit together. */

/**
 * @import { Catalog, Experiment } from "../types/app.js"
 */

import { formatPercent } from "../lib/text/format.js";
import { phrase } from "../lib/text/i18n.js";
import { withChoice, withField } from "./experiment.js";
import { appliesTo, datasetChoice, lossesFor, problemOf, splitOf } from "./problem.js";

const TRAINING = "data.trainFraction";
const VALIDATION = "data.validationFraction";
const STOP = "training.stop";
/** Share of validation samples that is set for a stop rule that needs them. */
const USUAL_VALIDATION = 0.2;

/**
 * @typedef {object} Fitted
 * @property {Experiment} experiment
 * @property {string[]} notes what else was changed, as sentences; empty if only the expected was
 */

/**
 * Sets a field, and adapts others that are not possible with its value.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {string} path
 * @param {unknown} value
 * @returns {Fitted}
 */
export function withFitting(catalog, experiment, path, value) {
  /** @type {string[]} */
  const notes = [];
  let fitted = withChoice(catalog, experiment, path, value);
  let chosenPath = path;
  if (path === STOP && needsValidation(catalog, fitted) && fitted.data.validationFraction === 0) {
    fitted = withField(fitted, VALIDATION, USUAL_VALIDATION);
    chosenPath = VALIDATION;
    const share = formatPercent(USUAL_VALIDATION);
    notes.push(phrase("fitting.validation", { rule: rowOf(catalog, fitted)?.label ?? "", share }));
  }
  fitted = withTestSamples(catalog, fitted, chosenPath, notes);
  if (needsValidation(catalog, fitted) && fitted.data.validationFraction === 0) {
    const rule = rowOf(catalog, fitted)?.label ?? "";
    fitted = withChoice(catalog, fitted, STOP, catalog.experiment.training.stop);
    notes.push(phrase("fitting.no-validation", { rule, now: rowOf(catalog, fitted)?.label ?? "" }));
  }
  return { experiment: fitted, notes };
}

/**
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 */
function rowOf(catalog, { training }) {
  return catalog.choices.stops.find(({ key }) => key === training.stop);
}

/**
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @returns {boolean}
 */
function needsValidation(catalog, experiment) {
  return rowOf(catalog, experiment)?.needsValidation ?? false;
}

/**
 * Lowers a share if training and validation leave no sample for the test: if possible not the share that was just
 * chosen.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {string} chosen path of the field that was just chosen
 * @param {string[]} notes the sentences are added to it
 * @returns {Experiment}
 */
function withTestSamples(catalog, experiment, chosen, notes) {
  let fitted = experiment;
  for (const path of chosen === VALIDATION ? [TRAINING, VALIDATION] : [VALIDATION, TRAINING]) {
    if (splitOf(fitted.data).test >= 1) break;
    fitted = withLargestShare(catalog, fitted, path);
    const share = formatPercent(
      path === TRAINING ? fitted.data.trainFraction : fitted.data.validationFraction,
    );
    notes.push(phrase("fitting.test", { label: catalog.fields[path]?.label ?? path, share }));
  }
  return fitted;
}

/**
 * The largest value of a share, in its own steps, that leaves a sample for the test; its smallest if none does.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {string} path
 * @returns {Experiment}
 */
function withLargestShare(catalog, experiment, path) {
  const { minimum, maximum, step } = catalog.fields[path] ?? {};
  const low = minimum ?? 0;
  const by = step ?? 0.05;
  for (let count = Math.round(((maximum ?? 1) - low) / by); count > 0; count--) {
    const lower = withField(experiment, path, Number((low + count * by).toFixed(6)));
    if (splitOf(lower.data).test >= 1) return lower;
  }
  return withField(experiment, path, low);
}

/**
 * Sets the dataset, in place of own points if there are any. Within the same problem nothing else changes; a dataset of
 * another problem sets its number of samples, a loss that fits if the present one does not, and defaults for fields that
 * do not apply.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {string} key
 * @returns {Fitted}
 */
export function withDataset(catalog, experiment, key) {
  const { problem, samples } = datasetChoice(catalog, key);
  const chosen = withChoice(catalog, withoutPoints(catalog, experiment, samples), "data.dataset", key);
  if (problem === problemOf(catalog, experiment)) return { experiment: chosen, notes: [] };
  const losses = lossesFor(catalog, problem);
  const loss = losses.find((row) => row.key === experiment.objective.loss) ?? losses[0];
  let fitted = loss ? withChoice(catalog, chosen, "objective.loss", loss.key) : chosen;
  for (const [path, field] of Object.entries(catalog.fields)) {
    if (!appliesTo(catalog, path, problem)) fitted = withField(fitted, path, field.default);
  }
  return withFitting(catalog, fitted, "data.samples", samples);
}

/**
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {number} samples of the dataset that replaces them
 * @returns {Experiment}
 */
function withoutPoints(catalog, experiment, samples) {
  if (experiment.data.points === null) return experiment;
  const { pointClasses } = catalog.experiment.data;
  return { ...experiment, data: { ...experiment.data, points: null, pointClasses, samples } };
}
