/** The problem of an experiment: classification or regression, number of classes, and which choices fit it. */

/**
 * @import { Catalog, DatasetChoice, Experiment, LossChoice } from "../types/app.js"
 */

import { optionValues } from "./experiment.js";

/**
 * @param {Catalog} catalog
 * @param {string} key
 * @returns {DatasetChoice}
 */
export function datasetChoice(catalog, key) {
  const choice = catalog.choices.datasets.find((dataset) => dataset.key === key);
  if (!choice) throw new Error(`Unknown dataset ${key}`);
  return choice;
}

/**
 * The number of classes; 0 for a regression.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @returns {number}
 */
export function classesOf(catalog, experiment) {
  const { dataset, points, point_classes } = experiment.data;
  if (points !== null) {
    if (point_classes > 2) return point_classes;
    return points.every(([, , target]) => Math.abs(target) === 1) ? 2 : 0;
  }
  const { classes } = datasetChoice(catalog, dataset);
  return optionValues(catalog, experiment, "data.dataset").classes ?? classes;
}

/**
 * The problem of an experiment: that of its dataset, or of its own points.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @returns {string}
 */
export function problemOf(catalog, experiment) {
  if (experiment.data.points === null) return datasetChoice(catalog, experiment.data.dataset).problem;
  const classes = classesOf(catalog, experiment);
  if (classes > 2) return "multi-class";
  return classes === 2 ? "classification" : "regression";
}

/**
 * The number of output units: one per class if there are more than two.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @returns {number}
 */
export function outputsOf(catalog, experiment) {
  const classes = classesOf(catalog, experiment);
  return classes > 2 ? classes : 1;
}

/**
 * The losses that fit a problem.
 * @param {Catalog} catalog
 * @param {string} problem
 * @returns {LossChoice[]}
 */
export function lossesFor(catalog, problem) {
  return catalog.choices.losses.filter((loss) => loss.problems.includes(problem));
}

/**
 * Whether a field applies to a problem; one that does not has its default.
 * @param {Catalog} catalog
 * @param {string} path
 * @param {string} problem
 * @returns {boolean}
 */
export function appliesTo(catalog, path, problem) {
  return catalog.fields[path]?.problems?.includes(problem) ?? true;
}
