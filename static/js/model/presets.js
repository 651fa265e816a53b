/** Presets: experiments that each demonstrate one thing. */

/**
 * @import { Catalog, Experiment } from "../types/app.js"
 */

/** @typedef {readonly (readonly [x1: number, x2: number])[]} Line corners on the plane */

/**
 * @typedef {object} Settings what differs from the default experiment
 * @property {Partial<Experiment["data"]>} [data]
 * @property {string[]} [features]
 * @property {Partial<Experiment["network"]>} [network]
 * @property {Partial<Experiment["objective"]>} [objective]
 * @property {Partial<Experiment["training"]>} [training]
 */

/**
 * @typedef {object} Preset
 * @property {string} key key, also of the texts for its title and for what to look at
 * @property {number} speed epochs a second
 * @property {Settings} settings
 * @property {Line[]} lines drawn over the thumbnail of its points
 */

/** @type {Line} */
const CIRCLE = Array.from({ length: 61 }, (_, index) => {
  const angle = (index / 60) * 2 * Math.PI;
  return [3 * Math.cos(angle), 3 * Math.sin(angle)];
});
/** @type {Line} */
const WAVES = Array.from({ length: 61 }, (_, index) => {
  const along = index / 5 - 6;
  const aside = 1.4 * Math.sin(1.7 * along);
  return [along + aside, aside - along];
});
/**
 * Settings that learn hard shapes in seconds.
 * @type {Settings}
 */
const MODERN = {
  network: { hidden: [16, 16], activation: "relu", initializer: "he" },
  training: { optimizer: "adam", learning_rate: 0.01 },
};

/** @type {readonly Preset[]} */
export const PRESETS = [
  {
    key: "line",
    speed: 20,
    settings: { network: { hidden: [] } },
    lines: [
      [
        [-6, -3.4],
        [6, 2.6],
      ],
    ],
  },
  {
    key: "features",
    speed: 5,
    settings: { data: { scaling: "standardise" }, features: ["x1²", "x2²"], network: { hidden: [] } },
    lines: [CIRCLE],
  },
  {
    key: "spiral",
    speed: 20,
    settings: {
      ...MODERN,
      data: { dataset: "spiral", scaling: "standardise" },
      objective: { loss: "logistic-cross-entropy" },
    },
    lines: [],
  },
  {
    key: "overfit",
    speed: 60,
    settings: {
      data: { dataset: "gauss", noise: 0.5, train_fraction: 0.1, seed: 3 },
      network: { hidden: [8, 8, 8] },
      training: { learning_rate: 0.1 },
    },
    lines: [WAVES],
  },
  {
    key: "rate",
    speed: 20,
    settings: { training: { learning_rate: 10 } },
    lines: [
      [
        [-5.6, 5],
        [-3.4, -4.6],
        [-1.2, 4.2],
        [1.2, -5],
        [3.4, 4.6],
        [5.6, -4.2],
      ],
    ],
  },
  {
    key: "classes",
    speed: 20,
    settings: {
      ...MODERN,
      data: { dataset: "spiral-5", scaling: "standardise", samples: 1000 },
      objective: { loss: "softmax-cross-entropy" },
    },
    lines: [],
  },
];

/**
 * The experiment of a preset.
 * @param {Catalog} catalog
 * @param {Preset} preset
 * @returns {Experiment}
 */
export function experimentOf({ experiment }, { settings }) {
  return {
    data: { ...experiment.data, ...settings.data },
    features: settings.features ?? experiment.features,
    network: { ...experiment.network, ...settings.network },
    objective: { ...experiment.objective, ...settings.objective },
    training: { ...experiment.training, ...settings.training },
  };
}
