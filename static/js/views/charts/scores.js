/** The losses and scores beside the map. */

import { find, findAll, setText } from "../../lib/dom/dom.js";
import { formatFixed, formatLoss, formatPercent } from "../../lib/text/format.js";
import { phrase } from "../../lib/text/i18n.js";

/** @import { View } from "../../types/app.js" */

/** Shortest time between two updates while training, in milliseconds. */
const PAUSE = 100;

/** Rows of an evaluation, in their order. */
const PARTS = ["train", "test", "validation"];

/**
 * @param {HTMLElement} element
 * @returns {View<{ isClassification: boolean }> & { draw: (evaluation: Float64Array, time: number, force: boolean) => boolean }}
 */
export function createScores(element) {
  const parts = PARTS.map((part) => {
    const box = find(element, `[data-part="${part}"]`, HTMLElement);
    const loss = find(box, ".score__value", HTMLElement);
    return { box, loss, score: find(box, ".score__extra", HTMLElement) };
  });
  const kinds = findAll(element, ".score__kind", HTMLElement);
  let classification = true;
  let next = 0;

  /** @param {number | undefined} score */
  function scoreText(score = Number.NaN) {
    if (classification) return formatPercent(score, 1);
    return Number.isFinite(score) ? formatFixed(score, 3) : "\u2013";
  }

  return {
    update({ isClassification }) {
      classification = isClassification;
      for (const kind of kinds) setText(kind, classification ? phrase("scores.accuracy") : "R\u00b2");
    },
    /** Writes the numbers of a frame, unless it is too soon; returns whether it did. */
    draw(evaluation, time, force) {
      if (!force && time < next) return false;
      next = time + PAUSE;
      parts.forEach(({ box, loss, score }, row) => {
        box.hidden = evaluation.length <= 2 * row;
        setText(loss, formatLoss(evaluation[2 * row] ?? Number.NaN));
        setText(score, scoreText(evaluation[2 * row + 1]));
      });
      element.toggleAttribute("data-validation", evaluation.length > 4);
      return true;
    },
    destroy() {},
  };
}
