/** The catalogue with all that addresses and files need to know of its fields. */

import { CATALOG, EXPERIMENT } from "./catalog.js";

/** @import { Catalog, CatalogField } from "../../../static/js/types/app.js" */

/**
 * @param {CatalogField["kind"]} kind
 * @param {unknown} usual
 * @param {Partial<CatalogField>} [more]
 * @returns {CatalogField}
 */
const field = (kind, usual, more = {}) => {
  return { label: "", text: "", live: false, kind, default: usual, ...more };
};

const seed = field("integer", 0, { minimum: 0, maximum: 4294967295 });
const { data, training } = CATALOG.experiment;

/** @type {Catalog} */
export const WHOLE = {
  ...CATALOG,
  fields: {
    "data.dataset": field("choice", "circle", { choices: "datasets" }),
    "data.dataset_options": field("options", {}, { choices: "datasets" }),
    "data.samples": field("integer", data.samples, {
      minimum: 10,
      maximum: 10_000,
      suggestions: [50, 500, 1200],
    }),
    "data.noise": field("number", 0, { label: "Noise", minimum: 0, maximum: 1, step: 0.05 }),
    "data.validation_fraction": field("number", 0, { minimum: 0, maximum: 0.5, step: 0.05 }),
    "data.minority_share": field("number", 0, { minimum: 0, maximum: 0.5, problems: ["classification"] }),
    "data.train_fraction": field("number", 0.5, { minimum: 0.1, maximum: 0.9, step: 0.1 }),
    "data.seed": seed,
    "data.points": field("points", null),
    "data.point_classes": field("integer", 2, { minimum: 2, maximum: 6 }),
    "data.shuffled": field("switch", true),
    "data.classic_seed": field("text", null),
    features: field("features", ["x1", "x2"], { choices: "features" }),
    "network.hidden": field("layers", [4, 2], {
      minimum_layers: 0,
      maximum_layers: 10,
      minimum_units: 1,
      maximum_units: 64,
    }),
    "network.activation": field("choice", "tanh", { choices: "activations" }),
    "network.seed": seed,
    "objective.loss": field("choice", EXPERIMENT.objective.loss, { choices: "losses" }),
    "training.optimizer": field("choice", "sgd", { choices: "optimizers" }),
    "training.optimizer_options": field("options", {}, { choices: "optimizers" }),
    "training.learning_rate": field("number", training.learning_rate, {
      minimum: 0,
      maximum: 10,
      suggestions: [0.01, 0.03, 0.1],
    }),
    "training.stop": field("choice", "never", { choices: "stops" }),
    "training.stop_options": field("options", {}, { choices: "stops" }),
  },
  choices: {
    ...CATALOG.choices,
    features: [
      ...CATALOG.choices.features,
      { key: "x1²", label: "", text: "", formula: "", options: [], tile: [] },
      { key: "sin x1", label: "", text: "", formula: "", options: [], tile: [] },
    ],
    activations: ["tanh", "relu", "leaky-relu"].map((key) => {
      return { key, label: key, text: "", formula: "", options: [] };
    }),
  },
};
