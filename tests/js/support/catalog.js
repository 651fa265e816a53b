/** A small catalogue, enough for tests of state and experiment. */

import { readFileSync } from "node:fs";

/** @import { Catalog, ChoiceOption, Experiment } from "../../../static/js/types/app.js" */

/**
 * The default experiment; `make fixtures` writes the file.
 * @type {Experiment}
 */
export const EXPERIMENT = JSON.parse(
  readFileSync(new URL("../../fixtures/experiment.json", import.meta.url), "utf8"),
);

/**
 * @param {string} key
 * @param {ChoiceOption[]} [options]
 */
const named = (key, options = []) => ({ key, label: key, text: `About ${key}.`, formula: "", options });

/**
 * @param {string} name
 * @param {number} usual
 * @returns {ChoiceOption}
 */
const option = (name, usual) => {
  return {
    name,
    label: name,
    text: "",
    default: usual,
    minimum: 0,
    maximum: 1,
    suggestions: [],
    whole: false,
  };
};

/**
 * @param {string} label
 * @param {number} usual
 * @param {number} minimum
 * @param {number} maximum
 * @param {number} step
 */
const share = (label, usual, minimum, maximum, step) => {
  return {
    label,
    text: "",
    live: false,
    kind: /** @type {const} */ ("number"),
    default: usual,
    minimum,
    maximum,
    step,
  };
};

/** @type {Catalog} */
export const CATALOG = {
  version: "0",
  protocol: 1,
  region: [-6, 6],
  experiment: EXPERIMENT,
  fields: {
    "training.learning_rate": {
      label: "Learning rate",
      text: "",
      live: true,
      kind: "number",
      default: 0.03,
      suggestions: [0.001, 0.01, 0.03, 0.1],
    },
    "training.optimizer_options": {
      label: "Optimizer options",
      text: "",
      live: true,
      kind: "options",
      choices: "optimizers",
      default: {},
    },
    "training.stop_options": {
      label: "Stop options",
      text: "",
      live: true,
      kind: "options",
      choices: "stops",
      default: {},
    },
    "data.dataset_options": {
      label: "Dataset options",
      text: "",
      live: false,
      kind: "options",
      choices: "datasets",
      default: {},
    },
    "data.train_fraction": share("Training share", 0.5, 0.1, 0.9, 0.1),
    "data.validation_fraction": share("Validation share", 0, 0, 0.5, 0.05),
    "data.minority_share": {
      ...share("Minority share", 0, 0, 0.5, 0.05),
      problems: ["classification", "multi-class"],
    },
  },
  choices: {
    problems: [named("classification"), named("multi-class"), named("regression")],
    datasets: [
      { ...named("circle"), classic: true, problem: "classification", classes: 2, samples: 500, points: [] },
      { ...named("xor"), classic: true, problem: "classification", classes: 2, samples: 500, points: [] },
      { ...named("plane"), classic: true, problem: "regression", classes: 0, samples: 1200, points: [] },
      {
        ...named("blobs", [option("classes", 4)]),
        classic: false,
        problem: "multi-class",
        classes: 4,
        samples: 500,
        points: [],
      },
      { ...named("arms"), classic: false, problem: "multi-class", classes: 3, samples: 600, points: [] },
    ],
    scalings: [named("none"), named("standardise")],
    features: [
      { ...named("x1"), tile: [] },
      { ...named("x2"), tile: [] },
      { ...named("x1x2"), tile: [] },
    ],
    activations: [named("tanh")],
    losses: [
      { ...named("half-squared-error"), problems: ["classification", "regression"] },
      { ...named("logistic"), problems: ["classification"] },
      { ...named("softmax"), problems: ["multi-class"] },
    ],
    penalties: [],
    initializers: [],
    optimizers: [
      named("sgd"),
      named("momentum", [option("momentum", 0.9)]),
      named("adam", [option("beta1", 0.9), option("weight_decay", 0.01)]),
    ],
    schedules: [],
    batchings: [],
    stops: [
      { ...named("never"), needs_validation: false },
      { ...named("epochs", [option("epochs", 500)]), needs_validation: false },
      { ...named("early", [option("patience", 50)]), needs_validation: true },
    ],
  },
  speeds: [
    { label: "1", epochs_per_second: 1, usual: false },
    { label: "50", epochs_per_second: 50, usual: true },
    { label: "250", epochs_per_second: 250, usual: false },
    { label: "fast", epochs_per_second: null, usual: false },
  ],
};
