/** The panel of the confusion tables, which are watched only while it is open. */

/** @import { Panel } from "./panels.js" */

import { find } from "../../lib/dom/dom.js";
import { classesOf } from "../../model/problem.js";
import { createConfusionPanel } from "../../views/charts/confusion-panel.js";

/** @type {Panel} */
export const CONFUSION = {
  wants: ({ showConfusion }) => (showConfusion ? [{ view: "confusion" }] : []),
  follows: ({ experiment }) => experiment.data,

  create({ catalog, commands }) {
    const element = find(document, "#insight", HTMLDetailsElement);
    const tables = createConfusionPanel(element, { onOpen: commands.showConfusion });
    return {
      update: ({ experiment }) => tables.update({ classes: classesOf(catalog, experiment) }),
      draw({ latest, views }, _state, time, force) {
        if (latest) tables.draw(views.confusion?.counts ?? null, time, force);
      },
    };
  },
};
