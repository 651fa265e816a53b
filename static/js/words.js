/** What the page says about a run, as sentences. */

import { formatCount, formatLoss } from "./lib/format.js";

/** @import { Catalog, Target } from "./types/app.js" */

/**
 * @param {Catalog} catalog
 * @param {string} key
 * @returns {string}
 */
export function featureLabel(catalog, key) {
  return catalog.choices.features.find((feature) => feature.key === key)?.label ?? key;
}

/**
 * What the large map shows.
 * @param {Catalog} catalog
 * @param {Target} target
 * @param {{ hidden: number[], outputs: number }} network units of the hidden layers, and outputs
 * @returns {string}
 */
export function captionOf(catalog, target, { hidden, outputs }) {
  if (target === null) return outputs > 1 ? "Most probable class" : "Output of the network";
  if (target.kind === "unit" && target.layer === hidden.length) return `Probability of class ${target.unit}`;
  if (target.kind === "unit") return `Unit ${target.unit + 1} of layer ${target.layer + 1}`;
  return `Feature ${featureLabel(catalog, target.key)}`;
}

/**
 * The large map for people who do not see it.
 * @param {string} caption
 * @param {number} epoch
 * @param {Float64Array} evaluation as in a frame
 * @returns {string}
 */
export function describeMap(caption, epoch, [train = Number.NaN, , test = Number.NaN, , validation]) {
  const third = validation === undefined ? "" : `, validation loss ${formatLoss(validation)}`;
  const losses = `test loss ${formatLoss(test)}, training loss ${formatLoss(train)}${third}`;
  return `Map of the plane: ${caption}. Epoch ${formatCount(epoch)}, ${losses}.`;
}

/**
 * What just happened to the run, or nothing worth saying.
 * @param {string} reason of a change of state
 * @param {number} epoch
 * @param {number} testLoss
 * @returns {string | null}
 */
export function describeChange(reason, epoch, testLoss) {
  const place = `epoch ${formatCount(epoch)}, test loss ${formatLoss(testLoss)}`;
  switch (reason) {
    case "played":
      return "Training.";
    case "going":
      return `Training: ${place}.`;
    case "paused":
      return `Paused at ${place}.`;
    case "stepped":
      return `Now at ${place}.`;
    case "reset":
      return `The network starts anew: ${place}.`;
    case "diverged":
      return "Training stopped: the numbers grew beyond all bounds.";
    case "stopped":
      return `Training has ended by its rule at ${place}.`;
    default:
      return null;
  }
}
