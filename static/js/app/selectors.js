/** Selectors: pure functions that derive the properties of views from the state. */

/**
 * @import { Catalog, State } from "../types/app.js"
 */

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
