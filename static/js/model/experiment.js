/** Changes to an experiment: pure functions that return a new one. */

/**
 * @import { Catalog, Changes, Choice, ChoiceOption, Experiment } from "../types/app.js"
 */

/** Units of a layer that is added, where the catalogue allows it. */
const NEW_LAYER = 2;

/**
 * The value at a dotted path, such as `training.learning_rate`.
 * @param {Experiment} experiment
 * @param {string} path
 * @returns {unknown}
 */
export function getField(experiment, path) {
  /** @type {unknown} */
  let value = experiment;
  for (const key of path.split(".")) value = /** @type {Record<string, unknown>} */ (value)[key];
  return value;
}

/**
 * @param {Experiment} experiment
 * @param {string} path
 * @param {unknown} value
 * @returns {Experiment}
 */
export function withField(experiment, path, value) {
  /**
   * @param {unknown} node
   * @param {string[]} keys
   * @returns {unknown}
   */
  function replace(node, [key, ...rest]) {
    if (key === undefined) return value;
    const record = /** @type {Record<string, unknown>} */ (node);
    return { ...record, [key]: replace(record[key], rest) };
  }
  return /** @type {Experiment} */ (replace(experiment, path.split(".")));
}

/**
 * The rows of a list of the catalogue, such as `optimizers`; empty without one.
 * @param {Catalog} catalog
 * @param {string | null | undefined} list
 * @returns {Choice[]}
 */
export function rowsOf(catalog, list) {
  return /** @type {Record<string, Choice[]>} */ ({ ...catalog.choices })[list ?? ""] ?? [];
}

/**
 * The options of the chosen row of a choice such as `training.optimizer`; empty if it has none.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {string} path of the choice
 * @returns {ChoiceOption[]}
 */
export function optionsOf(catalog, experiment, path) {
  const key = getField(experiment, path);
  const rows = rowsOf(catalog, catalog.fields[`${path}_options`]?.choices);
  return rows.find((row) => row.key === key)?.options ?? [];
}

/**
 * The values of those options by name, with defaults for those that the experiment lacks.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {string} path of the choice
 * @returns {Record<string, number>}
 */
export function optionValues(catalog, experiment, path) {
  const options = optionsOf(catalog, experiment, path);
  if (options.length === 0) return {};
  const given = /** @type {Record<string, number>} */ (getField(experiment, `${path}_options`));
  return Object.fromEntries(options.map(({ name, default: usual }) => [name, given[name] ?? usual]));
}

/**
 * Sets fields as the page shows them until the server has adapted the others (`engine/fitting.py`). Another row of a
 * choice loses the options of the previous one.
 * @param {Experiment} experiment
 * @param {Changes} changes
 * @returns {Experiment}
 */
export function withChanges(experiment, changes) {
  return Object.entries(changes).reduce((changed, [path, value]) => {
    const options = `${path}_options`;
    const keeps = options in changes || value === getField(changed, path) || !getField(changed, options);
    return withField(keeps ? changed : withField(changed, options, {}), path, value);
  }, experiment);
}

/**
 * The hidden layers with one more or one less at the end.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {1 | -1} by
 * @returns {number[]}
 */
export function layersBy(catalog, { network: { hidden } }, by) {
  if (by < 0) return hidden.slice(0, -1);
  const { minimum_units, maximum_units } = catalog.fields["network.hidden"] ?? {};
  return [...hidden, Math.min(maximum_units ?? NEW_LAYER, Math.max(minimum_units ?? 1, NEW_LAYER))];
}

/**
 * The next smaller one of the suggested learning rates, or a third of the present one.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @returns {number}
 */
export function lowerLearningRate(catalog, experiment) {
  const rate = experiment.training.learning_rate;
  const lower = catalog.fields["training.learning_rate"]?.suggestions?.filter((value) => value < rate);
  return lower?.length ? Math.max(...lower) : rate / 3;
}
