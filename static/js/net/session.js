/**
 * The session: turns changes of the state into commands, and what the server sends into state and run data. Knows no view.
 */

/**
 * @import { Catalog, Command, ConnectionState, Experiment, Frame, FrameLosses, ConnectionTrouble, ParameterAddress, ServerEvent, FrameDecompressor, Welcome } from "../types/app.js"
 * @import { TabRecord, StorageSource } from "./tab-record.js"
 */

import { isEqual } from "../lib/data/equal.js";
import { createStore } from "../lib/data/store.js";
import { throttle } from "../lib/data/timing.js";
import { languageKey } from "../lib/text/i18n.js";
import {
  initialState,
  shownTarget,
  withConfigured,
  withConnection,
  withEnd,
  withoutEnd,
  withRefusal,
  withRunState,
  withWanted,
  withWelcome,
} from "../model/state.js";
import { createConnection } from "./connection.js";
import { PROTOCOL_VERSION } from "./protocol.js";
import { createResumeStorage } from "./resume-token-storage.js";
import { createRunData } from "./run-data.js";

/** Least time between two changed experiments, and between two changes of what is watched, in milliseconds. */
const CONFIGURE_PAUSE = 100;
const WATCH_PAUSE = 80;
/** A browser may stop to draw a page that counts as visible; frames are acknowledged even so, after milliseconds. */
const UNDRAWN = 1000;
/** Cells along a side of the large map. */
const RESOLUTION = 100;

/**
 * @typedef {object} SessionOptions
 * @property {Catalog} catalog
 * @property {string} url
 * @property {Experiment} [experiment] to begin with, if it is not the default one
 * @property {TabRecord | null} [record] of an earlier visit, to go on with
 * @property {StorageSource} [getStorage] where to keep what the next visit needs
 * @property {() => string} [address] what stands behind `#` now
 * @property {string} [client] what this browser calls itself
 * @property {(experiment: Experiment, field: string | null | undefined) => Experiment | null} [repair] what to begin with
 *   instead of an experiment of which the server refuses a field
 * @property {() => number} frameRate pictures a second to ask for
 * @property {() => boolean} [isHidden] whether nobody can see the page
 * @property {(event: ServerEvent) => void} onEvent after the state has taken it in
 * @property {() => void} onFrame a frame came: draw, then acknowledge
 * @property {(error: unknown) => void} onFault
 * @property {() => Promise<void>} [join] gets the join code from the person, where the server asks for one
 * @property {(attempt: number) => Promise<ConnectionTrouble | null>} [diagnose] finds out why no connection came about
 * @property {() => FrameDecompressor} [createDecompressor] if the platform can read packed frames
 * @property {(url: string) => WebSocket} [openSocket]
 * @property {() => number} [now] milliseconds
 */

/** @typedef {ReturnType<typeof createSession>} Session */

/**
 * @param {SessionOptions} options
 */
export function createSession(options) {
  const { catalog, onEvent, onFrame, onFault } = options;
  const now = options.now ?? (() => performance.now());
  const isHidden = options.isHidden ?? (() => false);
  const { record = null } = options;
  const store = createStore(initialState(catalog, options.experiment, record));
  const runData = createRunData();
  const resumeStorage = createResumeStorage({
    getStorage: options.getStorage ?? noStorage,
    record,
    address: options.address ?? (() => ""),
  });
  resumeStorage.restore(runData);
  let commands = 0;
  let received = 0;
  let acknowledged = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let undrawn;
  /** @type {Experiment | undefined} what the server was greeted with */
  let helloExperiment;
  /** Whether it was greeted with a token. */
  let resumes = false;
  /** Whether there was a welcome before. */
  let wasWelcomed = false;
  /** @type {(() => void)[]} called once a frame has the parameters in full */
  const waiting = [];

  const configure = throttle((/** @type {{ id: number, experiment: Experiment }} */ { id, experiment }) => {
    const { keep } = store.get();
    connection.send({ type: "configure", id, experiment, keep });
  }, CONFIGURE_PAUSE);

  const watch = throttle((/** @type {null} */ _) => {
    const target = shownTarget(store.get());
    const unit = target?.kind === "unit" ? { layer: target.layer, unit: target.unit } : null;
    connection.send({
      type: "watch",
      tiles: true,
      unit,
      resolution: RESOLUTION,
      frameRate: options.frameRate(),
      confusion: store.get().showConfusion,
      ...(waiting.length > 0 && { exact: true }),
      hidden: isHidden() && waiting.length === 0,
    });
  }, WATCH_PAUSE);

  const connection = createConnection({
    url: options.url,
    openSocket: options.openSocket,
    createDecompressor: options.createDecompressor,
    join: options.join,
    diagnose: options.diagnose,
    onOpen: () => sendHello(store.get().wanted),
    onEvent: receiveEvent,
    onFrame: receiveFrame,
    onState: (
      /** @type {ConnectionState} */ connectionState,
      /** @type {ConnectionTrouble | null} */ trouble,
    ) => {
      configure.cancel();
      if (connectionState !== "open") endWaiting();
      store.update((state) => withConnection(state, connectionState, trouble));
    },
    onFault,
  });

  /** @param {Experiment} [experiment] */
  function sendHello(experiment) {
    helloExperiment = experiment;
    const { token } = resumeStorage;
    resumes = token !== null;
    const { encoding } = connection;
    const hello = /** @type {const} */ ({
      type: "hello",
      protocol: PROTOCOL_VERSION,
      encoding,
      language: languageKey(),
    });
    const named = options.client ? { ...hello, client: options.client } : hello;
    // The token has the experiment in it; both together might be longer than a message may be.
    if (token !== null) connection.send({ ...named, resume: token });
    else connection.send(experiment ? { ...named, experiment } : named);
  }

  /** @param {Welcome} event */
  function receiveWelcome(event) {
    const { wanted, pending } = store.get();
    const continues = resumes && event.history === runData.lineage;
    received = 0;
    acknowledged = 0;
    if (!continues) runData.begin(event.run);
    else if (event.recovered) runData.reshape(event.run);
    else runData.rewind(event.run, event.state.epoch);
    store.update((state) => withWelcome(state, catalog, event, continues));
    watch.push(null);
    // What was asked for while the line broke, or since the token was made.
    const isNewer = resumes && ((wasWelcomed && pending !== null) || !event.recovered);
    wasWelcomed = true;
    if (isNewer && !isEqual(wanted, event.experiment)) change(() => wanted);
  }

  /**
   * Sends a command; a change of the experiment that waits goes first, so that all is obeyed in the order it was asked.
   * @param {Command} command
   */
  function send(command) {
    configure.flush();
    connection.send(command);
  }

  /**
   * Asks for another experiment; the answer is `configured` or `error`.
   * @param {(experiment: Experiment) => Experiment} edit
   */
  function change(edit) {
    const { wanted, connection: connectionState } = store.get();
    if (connectionState !== "open") return;
    commands += 1;
    const id = commands;
    const experiment = edit(wanted);
    store.update((state) => withWanted(state, catalog, experiment, id));
    configure.push({ id, experiment });
  }

  /** @param {ServerEvent} event */
  function receiveEvent(event) {
    switch (event.type) {
      case "welcome":
        receiveWelcome(event);
        break;
      case "checkpoint":
        resumeStorage.offer(event, runData, store.get());
        return;
      case "configured":
        if (event.run > runData.run && event.kept) runData.reshape(event.run);
        else if (event.run > runData.run) runData.begin(event.run);
        store.update((state) => withConfigured(state, catalog, event, runData.epoch));
        break;
      case "state":
        runData.restartClock();
        store.update((state) => withRunState(state, event));
        break;
      case "diverged":
      case "stopped":
        store.update((state) => withEnd(state, event));
        break;
      case "error":
        if (event.code === "protocol") {
          connection.stop("reload");
          break;
        }
        if (event.code.startsWith("resume-")) {
          resumeStorage.refuse(event.code);
          break;
        }
        if (event.code === "join") break; // the server closes the line, and before the next one the person is asked
        if (store.get().connection !== "open" && helloExperiment) {
          sendHello(options.repair?.(helloExperiment, event.field) ?? undefined);
          break;
        }
        store.update((state) => withRefusal(state, event.id));
        break;
    }
    onEvent(event);
  }

  /** @param {Frame | FrameLosses} frame */
  function receiveFrame(frame) {
    received = Math.max(received, frame.number);
    runData.accept(frame, now());
    if (waiting.length > 0 && runData.latest?.exactParameters) {
      endWaiting();
      watch.push(null);
    }
    resumeStorage.settle(runData, store.get());
    if (isHidden()) acknowledge();
    else {
      clearTimeout(undrawn);
      undrawn = setTimeout(acknowledge, UNDRAWN);
    }
    onFrame();
  }

  function endWaiting() {
    for (const resolve of waiting.splice(0)) resolve();
  }

  /** Tells the server that everything received is on the screen, or would be if anybody could see it. */
  function acknowledge() {
    clearTimeout(undrawn);
    if (received === acknowledged) return false;
    acknowledged = received;
    connection.send({ type: "ack", frame: received });
    return true;
  }

  return {
    store,
    runData,
    send,
    watch: () => watch.push(null),
    checkAlive: connection.checkAlive,
    retryNow: connection.retryNow,
    reopen: connection.reopen,
    /** Writes down what the next visit needs. */
    save: () => resumeStorage.saveAll(runData, store.get()),

    /**
     * Sets one weight or bias by hand, which also gives a run that has ended another chance.
     * @param {ParameterAddress} address
     * @param {number} value
     */
    setParameter(address, value) {
      send({ type: "set_parameter", ...address, value });
      store.update(withoutEnd);
    },

    acknowledge,

    /**
     * Waits until the newest frame has the parameters in full; without a connection it stays as it is.
     * @returns {Promise<void>}
     */
    async exact() {
      if (store.get().connection !== "open") return;
      await new Promise((/** @type {(value: void) => void} */ resolve) => {
        waiting.push(resolve);
        watch.push(null);
      });
    },

    change,

    /** Says goodbye: the server gives up the run, and so does this tab. */
    close() {
      configure.cancel();
      watch.cancel();
      clearTimeout(undrawn);
      connection.close();
      resumeStorage.drop();
    },
  };
}

/** @returns {never} */
function noStorage() {
  throw new Error("Nothing is record");
}
