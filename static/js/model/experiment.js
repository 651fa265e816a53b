/** Changes to an experiment: pure functions that return a new one. */

/**
 * @import { Catalog, Choice, ChoiceOption, Experiment } from "../types/app.js"
 */

/** Units of a layer that is added, where the catalogue allows it. */
const NEW_LAYER = 2;

/**
 * The value at a dotted path, such as `training.learningRate`.
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
 * The options of the chosen row of a choice such as `training.optimizer`; empty if it has none.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {string} path of the choice
 * @returns {ChoiceOption[]}
 */
export function optionsOf(catalog, experiment, path) {
  const list = catalog.fields[`${path}Options`]?.choices;
  if (!list) return [];
  const rows = /** @type {Record<string, Choice[]>} */ (/** @type {unknown} */ (catalog.choices))[list];
  const key = getField(experiment, path);
  return rows?.find((row) => row.key === key)?.options ?? [];
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
  const given = /** @type {Record<string, number>} */ (getField(experiment, `${path}Options`));
  return Object.fromEntries(options.map(({ name, default: usual }) => [name, given[name] ?? usual]));
}

/**
 * Sets a field. Another row of a choice with options gets that row's default options, as those of the previous row
 * would be refused.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {string} path
 * @param {unknown} value
 * @returns {Experiment}
 */
export function withChoice(catalog, experiment, path, value) {
  const changed = withField(experiment, path, value);
  if (!catalog.fields[`${path}Options`] || value === getField(experiment, path)) return changed;
  const emptied = withField(changed, `${path}Options`, {});
  return withField(emptied, `${path}Options`, optionValues(catalog, emptied, path));
}

/**
 * Sets one option of a choice.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {string} path of the choice
 * @param {string} name
 * @param {number} value
 * @returns {Experiment}
 */
export function withOption(catalog, experiment, path, name, value) {
  const values = { ...optionValues(catalog, experiment, path), [name]: value };
  return withField(experiment, `${path}Options`, values);
}

/**
 * Adds or removes a feature; features are in the order of the catalogue.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {string} key
 * @param {boolean} on
 * @returns {Experiment}
 */
export function withFeature(catalog, experiment, key, on) {
  const features = catalog.choices.features
    .map((feature) => feature.key)
    .filter((name) => (name === key ? on : experiment.features.includes(name)));
  return withField(experiment, "features", features);
}

/**
 * Sets the hidden layers; activations by layer are adapted, with the last one for new layers.
 * @param {Experiment} experiment
 * @param {number[]} hidden
 * @returns {Experiment}
 */
export function withHidden(experiment, hidden) {
  const { activation } = experiment.network;
  const changed = withField(experiment, "network.hidden", hidden);
  if (!Array.isArray(activation)) return changed;
  const last = activation.at(-1);
  if (last === undefined || hidden.length === 0)
    return withField(changed, "network.activation", last ?? "tanh");
  const follow = hidden.map((_, index) => activation[index] ?? last);
  return withField(changed, "network.activation", follow);
}

/**
 * Adds or removes a hidden layer at the end.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {1 | -1} by
 * @returns {Experiment}
 */
export function withLayers(catalog, experiment, by) {
  const { hidden } = experiment.network;
  if (by < 0) return withHidden(experiment, hidden.slice(0, -1));
  const { minimumUnits = 1, maximumUnits = NEW_LAYER } = catalog.fields["network.hidden"] ?? {};
  const units = Math.min(maximumUnits ?? NEW_LAYER, Math.max(minimumUnits ?? 1, NEW_LAYER));
  return withHidden(experiment, [...hidden, units]);
}

/**
 * The next smaller one of the suggested learning rates, or a third of the present one.
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @returns {number}
 */
export function lowerLearningRate(catalog, experiment) {
  const rate = experiment.training.learningRate;
  const lower = catalog.fields["training.learningRate"]?.suggestions?.filter((value) => value < rate);
  return lower?.length ? Math.max(...lower) : rate / 3;
}
