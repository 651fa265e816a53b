/** The losses and scores beside the map. */

import { find, findAll, setText } from "../lib/dom.js";
import { formatLoss, formatPercent } from "../lib/format.js";

/** @import { View } from "../types/app.js" */

/** How often the numbers are written while training, in milliseconds: faster cannot be read. */
const PAUSE = 100;

/**
 * @param {HTMLElement} element
 * @returns {View<{ isClassification: boolean }> & { draw: (evaluation: Float64Array, time: number, settled: boolean) => boolean }}
 */
export function createScores(element) {
  const trainLoss = find(element, "#train-loss", HTMLElement);
  const testLoss = find(element, "#test-loss", HTMLElement);
  const trainScore = find(element, "#train-score", HTMLElement);
  const testScore = find(element, "#test-score", HTMLElement);
  const kinds = findAll(element, ".score__kind", HTMLElement);
  let classification = true;
  let next = 0;

  /** @param {number | undefined} score */
  function scoreText(score = Number.NaN) {
    if (classification) return formatPercent(score, 1);
    return Number.isFinite(score) ? score.toFixed(3).replace("-", "\u2212") : "\u2013";
  }

  return {
    update({ isClassification }) {
      classification = isClassification;
      for (const kind of kinds) setText(kind, classification ? "Accuracy" : "R\u00b2");
    },
    /** Writes the numbers of a frame, unless it is too soon; says whether it did. */
    draw(evaluation, time, settled) {
      if (!settled && time < next) return false;
      next = time + PAUSE;
      const [train = Number.NaN, trained, test = Number.NaN, tested] = evaluation;
      setText(trainLoss, formatLoss(train));
      setText(testLoss, formatLoss(test));
      setText(trainScore, scoreText(trained));
      setText(testScore, scoreText(tested));
      return true;
    },
    destroy() {},
  };
}
