/** The panel of the large map: the map with its points, its legend, its lens, and its description in words. */

/**
 * @import { Catalog, State } from "../../types/app.js"
 * @import { RunData } from "../../net/run-data.js"
 * @import { Panel } from "./panels.js"
 */

import { byId, find, setText } from "../../lib/dom/dom.js";
import { classesOf } from "../../model/problem.js";
import { shownTarget } from "../../model/state.js";
import { describeRegions, describeScore } from "../../text/map-description.js";
import { describeMap } from "../../text/run-status.js";
import { createHeatmap } from "../../views/map/heatmap.js";
import { createLegend } from "../../views/map/legend.js";
import { createLens } from "../../views/map/lens.js";
import { captionFor, mapProps, shownPicture } from "../selectors.js";

/** Cells along a side of the map. */
const RESOLUTION = 100;
/** Shortest time between two descriptions while training, in milliseconds. */
const DESCRIPTION_PAUSE = 1000;

/** @type {Panel} */
export const MAP = {
  wants(state) {
    const target = shownTarget(state);
    const unit = target?.kind === "unit" ? { layer: target.layer, unit: target.unit } : null;
    return [{ view: "map", unit, resolution: RESOLUTION }];
  },

  follows: ({ experiment: { data }, discretize, showTest, pinned, preview }) => [
    data,
    discretize,
    showTest,
    pinned,
    preview,
  ],

  create({ catalog }) {
    const heatmap = createHeatmap(byId("plot"), { region: catalog.region });
    const legend = createLegend(byId("legend"));
    const lens = createLens(byId("lens"), find(document, "#map", HTMLCanvasElement));
    const words = find(document, ".insight__text", HTMLElement);
    /** @type {RunData["points"] | null} on the map */
    let points = null;
    let nextDescription = 0;

    /**
     * Describes the map in words, at a rate at which they can be read.
     * @param {RunData} run
     * @param {State} state
     * @param {number} time
     */
    function describe(run, state, time) {
      const scores = run.views.scores?.values ?? new Float64Array(0);
      const description = describeOutput(catalog, run, state, scores[3]);
      setText(words, description);
      const about = describeMap(captionFor(catalog, state), run.epoch, scores);
      heatmap.describe(shownTarget(state) === null ? `${about} ${description}` : about, time);
    }

    return {
      update(state, palettes) {
        const props = mapProps(catalog, state);
        heatmap.update({ palettes, ...props });
        legend.update(props);
        lens.update({ caption: props.caption, looking: shownTarget(state) !== null });
      },

      draw(run, state, time, force) {
        if (points !== run.points) {
          points = run.points;
          heatmap.setPoints(points);
        }
        const picture = shownPicture(catalog, state, run);
        if (picture) heatmap.draw(picture);
        lens.draw();
        if (!run.latest || (!force && time < nextDescription)) return;
        nextDescription = time + DESCRIPTION_PAUSE;
        describe(run, state, time);
      },
    };
  },
};

/**
 * Where on the map of the output which class or value is, and how many test samples are right.
 * @param {Catalog} catalog
 * @param {RunData} run
 * @param {State} state
 * @param {number} [score] on the test samples
 */
function describeOutput(catalog, run, { experiment }, score = Number.NaN) {
  const classes = classesOf(catalog, experiment);
  const picture = run.picture(null, []);
  const regions = picture ? describeRegions(picture, classes) : "";
  return `${regions} ${describeScore(score, classes)}`;
}
