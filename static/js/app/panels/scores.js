/** The panel of losses and scores beside the map. */

/** @import { Panel } from "./panels.js" */

import { find } from "../../lib/dom/dom.js";
import { classesOf } from "../../model/problem.js";
import { createScores } from "../../views/charts/scores.js";

/** @type {Panel} */
export const SCORES = {
  wants: () => [{ view: "scores" }],
  follows: ({ experiment }) => experiment.data,

  create({ catalog }) {
    const scores = createScores(find(document, ".scores", HTMLElement));
    return {
      update: ({ experiment }) => scores.update({ isClassification: classesOf(catalog, experiment) > 0 }),
      draw({ views }, _state, time, force) {
        if (views.scores) scores.draw(views.scores.values, time, force);
      },
    };
  },
};
