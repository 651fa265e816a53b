/** What the page knows, as plain data, and every way it changes, as pure functions. */

/**
 * @import { Catalog, Configured, ConnectionState, Diverged, Experiment, State, StateChanged, Target, Welcome } from "./types/app.js"
 */

import { problemOf } from "./experiment.js";

/** Epochs a second at which a boundary is best watched; the page starts with the offered speed nearest to it. */
const COMFORTABLE_SPEED = 60;

/**
 * @param {Catalog} catalog
 * @returns {State}
 */
export function initialState(catalog) {
  /** @type {Record<string, string>} */
  const datasetOf = {};
  for (const { key, problem } of catalog.choices.datasets) datasetOf[problem] ??= key;
  return {
    connection: "connecting",
    experiment: catalog.experiment,
    wanted: catalog.experiment,
    pending: null,
    playing: false,
    speed: comfortableSpeed(catalog),
    run: 0,
    diverged: null,
    pinned: null,
    preview: null,
    showTest: false,
    discretize: false,
    logScale: false,
    datasetOf,
  };
}

/**
 * @param {Catalog} catalog
 * @returns {number | null}
 */
function comfortableSpeed(catalog) {
  const distance = (/** @type {number} */ speed) => Math.abs(Math.log(speed / COMFORTABLE_SPEED));
  return catalog.speeds
    .map((speed) => speed.epochsPerSecond)
    .filter((speed) => speed !== null)
    .reduce((/** @type {number | null} */ best, speed) => {
      return best === null || distance(speed) < distance(best) ? speed : best;
    }, null);
}

/**
 * @param {State} state
 * @param {ConnectionState} connection
 * @returns {State}
 */
export function withConnection(state, connection) {
  if (connection === state.connection) return state;
  if (connection === "open") return { ...state, connection };
  return { ...state, connection, playing: false, pending: null };
}

/**
 * @param {State} state
 * @param {Welcome} event
 * @returns {State}
 */
export function withWelcome(state, event) {
  return withoutLostUnits({
    ...state,
    experiment: event.experiment,
    wanted: event.experiment,
    pending: null,
    playing: event.state.playing,
    run: event.run,
    diverged: null,
  });
}

/**
 * The page asked for another experiment and waits for the answer to command `id`.
 * @param {State} state
 * @param {Catalog} catalog
 * @param {Experiment} wanted
 * @param {number} id
 * @returns {State}
 */
export function withWanted(state, catalog, wanted, id) {
  const problem = problemOf(catalog, wanted);
  const datasetOf = { ...state.datasetOf, [problem]: wanted.data.dataset };
  return { ...state, wanted, pending: id, datasetOf };
}

/**
 * The server's experiment counts, but a control that was moved again since keeps its place.
 * @param {State} state
 * @param {Configured} event
 * @returns {State}
 */
export function withConfigured(state, event) {
  const latest = state.pending === null || event.id === state.pending;
  return withoutLostUnits({
    ...state,
    experiment: event.experiment,
    wanted: latest ? event.experiment : state.wanted,
    pending: latest ? null : state.pending,
    run: event.run,
    diverged: event.reset ? null : state.diverged,
  });
}

/**
 * @param {State} state
 * @param {StateChanged} event
 * @returns {State}
 */
export function withRunState(state, event) {
  return { ...state, playing: event.playing, diverged: event.playing ? null : state.diverged };
}

/**
 * @param {State} state
 * @param {Diverged} event
 * @returns {State}
 */
export function withDiverged(state, event) {
  return { ...state, playing: false, diverged: { epoch: event.epoch, message: event.message } };
}

/**
 * A change was refused: the controls go back to what holds.
 * @param {State} state
 * @param {string | number | null | undefined} id of the command that was refused
 * @returns {State}
 */
export function withRefusal(state, id) {
  if (state.pending === null || id !== state.pending) return state;
  return { ...state, wanted: state.experiment, pending: null };
}

/**
 * What the large map shows: what is pointed at, else what is pinned, else the output.
 * @param {State} state
 * @returns {Target}
 */
export function shownTarget(state) {
  return state.preview ?? state.pinned;
}

/**
 * Whether two targets are the same.
 * @param {Target} one
 * @param {Target} other
 * @returns {boolean}
 */
export function sameTarget(one, other) {
  if (one === null || other === null) return one === other;
  if (one.kind === "feature") return other.kind === "feature" && one.key === other.key;
  return other.kind === "unit" && one.layer === other.layer && one.unit === other.unit;
}

/**
 * Units that no longer exist are neither pinned nor previewed.
 * @param {State} state
 * @returns {State}
 */
function withoutLostUnits(state) {
  const { hidden } = state.experiment.network;
  const keep = (/** @type {Target} */ target) =>
    target?.kind === "unit" && target.unit >= (hidden[target.layer] ?? 0) ? null : target;
  return { ...state, pinned: keep(state.pinned), preview: keep(state.preview) };
}
