/** The panel of the loss curves, whose numbers come with every frame. */

/**
 * @import { Panel } from "./panels.js"
 * @import { RunData } from "../../net/run-data.js"
 * @import { State } from "../../types/app.js"
 */

import { byId } from "../../lib/dom/dom.js";
import { phrase } from "../../lib/text/i18n.js";
import { markText } from "../../model/setting-change-marks.js";
import { createLossChart } from "../../views/charts/loss-chart.js";
import { lossSeries } from "../selectors.js";

/** Width and dash of each curve. */
const LINES = {
  training: { width: 1.5, dash: [] },
  test: { width: 2, dash: [] },
  validation: { width: 2, dash: [5, 3] },
};

/** @type {Panel} */
export const LOSS_CHART = {
  wants: () => [],
  follows: ({ logScale, logEpochs, marks }) => [logScale, logEpochs, marks],

  create({ session }) {
    const readout = byId("loss-readout");
    const chart = createLossChart(byId("loss-chart"), {
      readout,
      idleText: readout.textContent ?? "",
      emptyText: phrase("chart.empty"),
    });
    /** @type {RunData | null} */
    let shown = null;

    /**
     * @param {RunData} run
     * @param {State} state
     */
    function update(run, { logScale, logEpochs, marks }) {
      shown = run;
      chart.update({
        series: lossSeries(run.losses).map((series) => ({ ...series, ...LINES[series.key] })),
        order: ["test", "training", "validation"],
        gap: ["training", "test"],
        logScale,
        logEpochs,
        marks: marks.map((mark) => ({ epoch: mark.epoch, text: markText(mark) })),
      });
    }

    return {
      update: (state) => update(session.runData, state),
      draw(run, state, time, force) {
        if (run !== shown) update(run, state);
        chart.draw(time, force);
      },
    };
  },
};
