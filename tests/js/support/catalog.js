/** A small catalogue, enough for tests of state and experiment. */

/** @import { Catalog, ChoiceOption, Experiment } from "../../../static/js/types/app.js" */

/** @type {Experiment} */
export const EXPERIMENT = {
  data: {
    dataset: "circle",
    samples: 500,
    noise: 0,
    trainFraction: 0.5,
    seed: 0,
    points: null,
    shuffled: true,
    classicSeed: null,
  },
  features: ["x1", "x2"],
  network: { hidden: [4, 2], activation: "tanh", initializer: "classic", initializerOptions: {}, seed: 0 },
  objective: { loss: "logistic", penalty: "none", penaltyOptions: {}, penaltyRate: 0 },
  training: {
    optimizer: "sgd",
    optimizerOptions: {},
    learningRate: 0.03,
    schedule: "constant",
    scheduleOptions: {},
    clipNorm: 0,
    batchSize: 10,
    batching: "shuffled",
    seed: 0,
  },
};

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
  return { name, label: name, text: "", default: usual, minimum: 0, maximum: 1, suggestions: [] };
};

/** @type {Catalog} */
export const CATALOG = {
  version: "0",
  protocol: 1,
  region: [-6, 6],
  experiment: EXPERIMENT,
  fields: {
    "training.learningRate": {
      label: "Learning rate",
      text: "",
      live: true,
      kind: "number",
      default: 0.03,
      suggestions: [0.001, 0.01, 0.03, 0.1],
    },
    "training.optimizerOptions": {
      label: "Optimizer options",
      text: "",
      live: true,
      kind: "options",
      choices: "optimizers",
      default: {},
    },
  },
  choices: {
    problems: [named("classification"), named("regression")],
    datasets: [
      { ...named("circle"), problem: "classification", samples: 500, points: [] },
      { ...named("xor"), problem: "classification", samples: 500, points: [] },
      { ...named("plane"), problem: "regression", samples: 1200, points: [] },
    ],
    features: [
      { ...named("x1"), tile: [] },
      { ...named("x2"), tile: [] },
      { ...named("x1x2"), tile: [] },
    ],
    activations: [named("tanh")],
    losses: [
      { ...named("squared"), problems: ["classification", "regression"] },
      { ...named("logistic"), problems: ["classification"] },
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
  },
  speeds: [
    { label: "1", epochsPerSecond: 1 },
    { label: "50", epochsPerSecond: 50 },
    { label: "250", epochsPerSecond: 250 },
    { label: "fast", epochsPerSecond: null },
  ],
};
