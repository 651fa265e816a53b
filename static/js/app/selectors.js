/** Selectors: pure functions that derive the properties of views from state and run data. */

/**
 * @import { Catalog, Picture, State } from "../types/app.js"
 * @import { RunData } from "../net/run-data.js"
 */

import { phrase } from "../lib/text/i18n.js";
import { classesOf, outputsOf } from "../model/problem.js";
import { shownTarget } from "../model/state.js";
import { captionOf, featureLabel } from "../text/run-status.js";

/**
 * The class whose probability the large map shows, or null.
 * @param {State} state
 * @returns {number | null}
 */
function shownClass(state) {
  const target = shownTarget(state);
  const isOutput = target?.kind === "unit" && target.layer === state.experiment.network.hidden.length;
  return isOutput ? target.unit : null;
}

/**
 * The caption of the large map.
 * @param {Catalog} catalog
 * @param {State} state
 * @returns {string}
 */
export function captionFor(catalog, state) {
  const { hidden } = state.experiment.network;
  return captionOf(catalog, shownTarget(state), { hidden, outputs: outputsOf(catalog, state.experiment) });
}

/**
 * @param {Catalog} catalog
 * @param {State} state
 */
export function mapProps(catalog, state) {
  return {
    discretize: state.discretize,
    showTest: state.showTest,
    classes: classesOf(catalog, state.experiment),
    shown: shownClass(state),
    caption: captionFor(catalog, state),
  };
}

/**
 * @param {Catalog} catalog
 * @param {State} state
 */
export function diagramProps(catalog, state) {
  const { experiment, wanted, pinned, connection } = state;
  const shown = shownTarget(state);
  return {
    hidden: experiment.network.hidden,
    wantedHidden: wanted.network.hidden,
    outputs: outputsOf(catalog, experiment),
    inputNames: experiment.features.map((key) => featureLabel(catalog, key)),
    pinned: pinned?.kind === "unit" ? pinned : null,
    shown: shown?.kind === "unit" ? shown : null,
    enabled: connection === "open",
  };
}

/**
 * The newest picture of what the large map shows.
 * @param {Catalog} catalog
 * @param {State} state
 * @param {RunData} run
 * @returns {Picture | null} null while there is none
 */
export function shownPicture(catalog, state, run) {
  const target = shownTarget(state);
  if (target?.kind !== "feature") return run.picture(target, state.experiment.network.hidden);
  const tile = catalog.choices.features.find(({ key }) => key === target.key)?.tile ?? [];
  return { bytes: tile, classes: null, side: Math.sqrt(tile.length) };
}

/**
 * The loss curves of a run, with the custom properties of their colours, in the order of drawing.
 * @param {RunData["losses"]} losses
 */
export function lossSeries({ train, test, validation }) {
  return /** @type {const} */ ([
    { key: "training", label: phrase("chart.training"), column: train, color: "--curve-train" },
    { key: "test", label: phrase("chart.test"), column: test, color: "--curve-test" },
    { key: "validation", label: phrase("chart.validation"), column: validation, color: "--curve-validation" },
  ]);
}
