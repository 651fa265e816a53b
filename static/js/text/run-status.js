/** The status of a run in sentences. */

import { formatLoss } from "../lib/text/format.js";
import { phrase } from "../lib/text/i18n.js";

/** @import { Catalog, Target } from "../types/app.js" */

/**
 * @param {Catalog} catalog
 * @param {string} key
 * @returns {string}
 */
export function featureLabel(catalog, key) {
  return catalog.choices.features.find((feature) => feature.key === key)?.label ?? key;
}

/**
 * The caption of the large map.
 * @param {Catalog} catalog
 * @param {Target} target
 * @param {{ hidden: number[], outputs: number }} network units of the hidden layers, and outputs
 * @returns {string}
 */
export function captionOf(catalog, target, { hidden, outputs }) {
  if (target === null) return phrase(outputs > 1 ? "words.most-probable" : "words.output");
  if (target.kind === "unit" && target.layer === hidden.length)
    return phrase("words.probability", { label: target.unit });
  if (target.kind === "unit") return phrase("words.unit", { unit: target.unit + 1, layer: target.layer + 1 });
  return phrase("words.feature", { feature: featureLabel(catalog, target.key) });
}

/**
 * The text alternative of the large map.
 * @param {string} caption
 * @param {number} epoch
 * @param {Float64Array} evaluation as in a frame
 * @returns {string}
 */
export function describeMap(caption, epoch, [train = Number.NaN, , test = Number.NaN, , validation]) {
  const values = { caption, epoch, test: formatLoss(test), train: formatLoss(train) };
  if (validation === undefined) return phrase("words.map", values);
  return phrase("words.map-with-validation", { ...values, validation: formatLoss(validation) });
}

/**
 * The sentence about a change of the run's state; null if it needs none.
 * @param {string} reason of a change of state
 * @param {number} epoch
 * @param {number} testLoss
 * @returns {string | null}
 */
export function describeChange(reason, epoch, testLoss) {
  const place = phrase("words.place", { epoch, loss: formatLoss(testLoss) });
  switch (reason) {
    case "played":
      return phrase("words.played");
    case "going":
      return phrase("words.going", { place });
    case "paused":
      return phrase("words.paused", { place });
    case "stepped":
      return phrase("words.stepped", { place });
    case "reset":
      return phrase("words.reset", { place });
    case "diverged":
      return phrase("words.diverged");
    case "stopped":
      return phrase("words.stopped", { place });
    default:
      return null;
  }
}
