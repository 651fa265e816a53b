/** The state of the page as plain data, and all its changes as pure functions. */

/**
 * @import { Catalog, ChangeRequest, Changes, Configured, ConnectionState, Diverged, Experiment, ConnectionTrouble, State, StateChanged, Stopped, Target, RunInfo } from "../types/app.js"
 */

import { withChanges } from "./experiment.js";
import { lastPoints } from "./own-points.js";
import { outputsOf, problemOf } from "./problem.js";
import { changesOf, withMark } from "./setting-change-marks.js";
import { createUndoStack } from "./undo-stack.js";

/**
 * @param {Catalog} catalog
 * @param {string} [address] fragment of the page, without `#`
 * @param {Pick<State, "experiment" | "speed" | "marks"> & { undo: State["undoStack"] | null } | null} [record] of an earlier visit, which takes precedence
 * @returns {State}
 */
export function initialState(catalog, address = "", record = null) {
  const experiment = record?.experiment ?? catalog.experiment;
  /** @type {Record<string, string>} */
  const datasetOf = {};
  for (const { key, problem } of catalog.choices.datasets) datasetOf[problem] ??= key;
  return {
    connection: "connecting",
    trouble: null,
    experiment,
    wanted: experiment,
    address,
    undoStack: record?.undo ?? createUndoStack(experiment),
    pending: [],
    playing: false,
    speed: record ? record.speed : (catalog.speeds.find(({ usual }) => usual)?.epochs_per_second ?? null),
    run: 0,
    ended: null,
    pinned: null,
    preview: null,
    showTest: false,
    discretize: false,
    logScale: false,
    logEpochs: false,
    showConfusion: false,
    keep: false,
    marks: record?.marks ?? [],
    datasetOf,
    ownPoints: null,
  };
}

/**
 * @param {State} state
 * @param {ConnectionState} connection
 * @param {ConnectionTrouble | null} [trouble]
 * @returns {State}
 */
export function withConnection(state, connection, trouble = null) {
  if (connection === "open") return { ...state, connection, trouble };
  return { ...state, connection, trouble, playing: false };
}

/**
 * @param {State} state
 * @param {Catalog} catalog
 * @param {RunInfo} run
 * @param {boolean} [continues] whether the curves continue
 * @returns {State}
 */
export function withWelcome(state, catalog, run, continues = false) {
  return withoutLostUnits(catalog, {
    ...state,
    experiment: run.experiment,
    wanted: run.experiment,
    address: run.address,
    pending: [],
    playing: run.state.playing,
    run: run.run,
    ended: null,
    ownPoints: lastPoints(state.ownPoints, run.experiment),
    marks: continues ? state.marks.filter(({ epoch }) => epoch <= run.state.epoch) : [],
  });
}

/**
 * The page asks for another experiment.
 * @param {State} state
 * @param {Catalog} catalog
 * @param {State["pending"][number]} request with the id of its command
 * @returns {State}
 */
export function withRequest(state, catalog, request) {
  const wanted = requested(state.wanted, request);
  const pending = [...state.pending, request];
  if (wanted.data.points !== null)
    return { ...state, wanted, pending, ownPoints: lastPoints(state.ownPoints, wanted) };
  const datasetOf = { ...state.datasetOf, [problemOf(catalog, wanted)]: wanted.data.dataset };
  return { ...state, wanted, pending, datasetOf };
}

/**
 * @param {Experiment} experiment
 * @param {ChangeRequest} request
 * @returns {Experiment}
 */
function requested(experiment, request) {
  return withChanges(request.experiment ?? experiment, request.changes ?? {});
}

/**
 * Several requests as one.
 * @param {ChangeRequest[]} requests oldest first
 * @returns {ChangeRequest} without what there is none of
 */
export function joined(requests) {
  const first = requests.findLastIndex((request) => request.experiment);
  const experiment = requests[first]?.experiment;
  /** @type {Changes} */
  const changes = {};
  for (const { changes: newer = {} } of requests.slice(Math.max(first, 0))) {
    // Options belong to the choice for which they were set.
    for (const [path, value] of Object.entries(newer))
      if (changes[path] !== value) delete changes[`${path}_options`];
    Object.assign(changes, newer);
  }
  return { ...(experiment && { experiment }), ...(Object.keys(changes).length > 0 && { changes }) };
}

/**
 * The state after the server's experiment has changed or a request was refused: requests up to `id` are answered.
 * @param {State} state
 * @param {Experiment} experiment
 * @param {string | number | null | undefined} id
 * @returns {Pick<State, "experiment" | "wanted" | "pending">}
 */
function answered(state, experiment, id) {
  const pending = state.pending.filter((request) => typeof id !== "number" || request.id > id);
  return { experiment, wanted: pending.reduce(requested, experiment), pending };
}

/**
 * Takes over the server's experiment, with the changes that the page has asked for since.
 * @param {State} state
 * @param {Catalog} catalog
 * @param {Configured} event
 * @param {number} [epoch] the last one of the run data
 * @returns {State}
 */
export function withConfigured(state, catalog, event, epoch = 0) {
  const another = event.reset || event.changed.length > 0;
  return withoutLostUnits(catalog, {
    ...state,
    ...answered(state, event.experiment, event.id),
    address: event.address,
    run: event.run,
    ended: another ? null : state.ended,
    marks: event.reset
      ? []
      : withMark(state.marks, epoch, changesOf(catalog, state.experiment, event.experiment, event.changed)),
  });
}

/**
 * @param {State} state
 * @param {StateChanged} event
 * @returns {State}
 */
export function withRunState(state, event) {
  return { ...state, playing: event.playing, ended: event.playing ? null : state.ended };
}

/**
 * The run has ended by itself.
 * @param {State} state
 * @param {Diverged | Stopped} event
 * @returns {State}
 */
export function withEnd(state, { type, epoch, message }) {
  return { ...state, playing: false, ended: { kind: type, epoch, message } };
}

/**
 * The run may continue: a parameter was set by hand.
 * @param {State} state
 * @returns {State}
 */
export function withoutEnd(state) {
  return state.ended === null ? state : { ...state, ended: null };
}

/**
 * A request was refused: the controls return to the server's experiment.
 * @param {State} state
 * @param {string | number | null | undefined} id of the command that was refused
 * @returns {State}
 */
export function withRefusal(state, id) {
  if (!state.pending.some((request) => request.id === id)) return state;
  return { ...state, ...answered(state, state.experiment, id) };
}

/**
 * The target that the large map shows: the previewed one, otherwise the pinned one, otherwise the output.
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
 * Removes units that no longer exist from pin and preview. A single output is shown without a target.
 * @param {Catalog} catalog
 * @param {State} state
 * @returns {State}
 */
function withoutLostUnits(catalog, state) {
  const { experiment } = state;
  const outputs = outputsOf(catalog, experiment);
  const units = [...experiment.network.hidden, outputs > 1 ? outputs : 0];
  const ifExists = (/** @type {Target} */ target) =>
    target?.kind === "unit" && target.unit >= (units[target.layer] ?? 0) ? null : target;
  return { ...state, pinned: ifExists(state.pinned), preview: ifExists(state.preview) };
}
