/**
 * The session: turns changes of the state into commands, and messages of the server into state and run data. Knows no view.
 */

/**
 * @import { Catalog, ChangeRequest, Changes, Command, ConnectionState, Experiment, Frame, FrameLosses, ConnectionTrouble, ParameterAddress, ServerEvent, FrameDecompressor, Welcome } from "../types/app.js"
 * @import { Targets } from "../own-data/point-set.js"
 * @import { TabRecord, StorageSource } from "./tab-record.js"
 */

import { isEqual } from "../lib/data/equal.js";
import { createStore } from "../lib/data/store.js";
import { throttle } from "../lib/data/timing.js";
import { languageKey } from "../lib/text/i18n.js";
import {
  initialState,
  joined,
  shownTarget,
  withConfigured,
  withConnection,
  withEnd,
  withoutEnd,
  withRefusal,
  withRequest,
  withRunState,
  withWelcome,
} from "../model/state.js";
import { createConnection } from "./connection.js";
import { PROTOCOL_VERSION } from "./protocol.js";
import { createResumeStorage } from "./resume-token-storage.js";
import { createRunData } from "./run-data.js";

/** Shortest time between two `configure`, and between two `watch` commands, in milliseconds. */
const CONFIGURE_PAUSE = 100;
const WATCH_PAUSE = 80;
/** Frames are acknowledged after this time even if not drawn, as a browser may stop drawing a page that counts as visible. */
const UNDRAWN = 1000;
/** Cells along a side of the large map. */
const RESOLUTION = 100;

/**
 * @typedef {object} SessionOptions
 * @property {Catalog} catalog
 * @property {string} url
 * @property {TabRecord | null} [record] of an earlier visit, to resume
 * @property {StorageSource} [getStorage] storage for the record of this tab
 * @property {() => string} [address] the present fragment, with `#`
 * @property {string} [client] identifier of this browser
 * @property {() => Greeting} [beginning] the experiment of the page's address, to begin with
 * @property {() => number} frameRate frames a second to ask for
 * @property {() => boolean} [isHidden] whether nobody can see the page
 * @property {(event: ServerEvent) => void} onEvent after the state was updated
 * @property {() => void} onFrame a frame came: draw it, then acknowledge
 * @property {(error: unknown) => void} onFault
 * @property {() => Promise<void>} [join] has the person give the join code, where the server asks for one
 * @property {(attempt: number) => Promise<ConnectionTrouble | null>} [diagnose] finds out why no connection could be opened
 * @property {() => FrameDecompressor} [createDecompressor] if the platform can decompress frames
 * @property {(url: string) => WebSocket} [openSocket]
 * @property {() => number} [now] milliseconds
 */

/** @typedef {ReturnType<typeof createSession>} Session */

/** @typedef {ChangeRequest & { address?: string, ownPoints?: Targets }} Greeting the experiment of a hello */

/**
 * @param {SessionOptions} options
 */
export function createSession(options) {
  const { catalog, onEvent, onFrame, onFault } = options;
  const now = options.now ?? (() => performance.now());
  const isHidden = options.isHidden ?? (() => false);
  const { record = null, address = () => "" } = options;
  const store = createStore(initialState(catalog, address().slice(1), record));
  const runData = createRunData();
  const resumeStorage = createResumeStorage({
    getStorage: options.getStorage ?? noStorage,
    record,
    address,
  });
  resumeStorage.restore(runData);
  /** Number of the last request for another experiment, and of the last one that was sent. */
  let requests = 0;
  let requestsSent = 0;
  let received = 0;
  let acknowledged = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let undrawn;
  /** @type {Greeting[]} what to say hello with if the server refuses the last one, best first */
  let greetings = [];
  /** Whether the last hello had a token. */
  let resumes = false;
  /** Whether there has been a welcome. */
  let wasWelcomed = false;
  /** @type {(() => void)[]} resolve when a frame has the exact parameters */
  const waiting = [];

  const configure = throttle((/** @type {null} */ _) => {
    const { keep, pending } = store.get();
    const unsent = joined(pending.filter(({ id }) => id > requestsSent));
    requestsSent = requests;
    connection.send({ type: "configure", id: requests, ...unsent, keep });
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
    onOpen() {
      const { experiment, pending } = store.get();
      const present = [{ experiment, ...joined(pending) }, ...(pending.length > 0 ? [{ experiment }] : [])];
      const beginning = options.beginning?.() ?? {};
      greetings = [...(wasWelcomed || record ? present : []), ...(beginning.address ? [beginning] : []), {}];
      sendHello();
    },
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

  function sendHello() {
    const greeting = greetings.shift();
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
    // The token contains the experiment; both together might exceed the size limit of a message.
    if (token !== null) connection.send({ ...named, resume: token });
    else connection.send({ ...named, ...greeting });
  }

  /** @param {Welcome} event */
  function receiveWelcome(event) {
    const { experiment, wanted, pending } = store.get();
    const continues = resumes && event.history === runData.lineage;
    received = 0;
    acknowledged = 0;
    if (!continues) runData.begin(event.run);
    else if (event.recovered) runData.reshape(event.run);
    else runData.rewind(event.run, event.state.epoch);
    store.update((state) => withWelcome(state, catalog, event, continues));
    watch.push(null);
    // A change made while the connection broke, or since the token was issued.
    const isNewer = resumes && ((wasWelcomed && pending.length > 0) || !event.recovered);
    wasWelcomed = true;
    if (isNewer && !isEqual(wanted, event.experiment))
      request({ ...(!event.recovered && { experiment }), ...joined(pending) });
  }

  /**
   * Sends a command, after a pending change of the experiment, so that the server gets all in order.
   * @param {Command} command
   */
  function send(command) {
    configure.flush();
    connection.send(command);
  }

  /**
   * Asks for another experiment; the answer is `configured` or `error`.
   * @param {ChangeRequest} change
   */
  function request(change) {
    if (store.get().connection !== "open") return;
    requests += 1;
    store.update((state) => withRequest(state, catalog, { ...change, id: requests }));
    configure.push(null);
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
        if (event.code === "join") break; // the server closes the connection, and the person is asked before the next one
        if (store.get().connection !== "open" && greetings.length > 0) {
          sendHello();
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

  /** Acknowledges all received frames: they are on the screen, or would be on a visible page. */
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
    /** Stores what the next visit needs. */
    save: () => resumeStorage.saveAll(runData, store.get()),

    /**
     * Sets one weight or bias by hand, after which a run that has ended may continue.
     * @param {ParameterAddress} address
     * @param {number} value
     */
    setParameter(address, value) {
      send({ type: "set_parameter", ...address, value });
      store.update(withoutEnd);
    },

    acknowledge,

    /**
     * Waits until the newest frame has the exact parameters; returns at once without a connection.
     * @returns {Promise<void>}
     */
    async exact() {
      if (store.get().connection !== "open") return;
      await new Promise((/** @type {(value: void) => void} */ resolve) => {
        waiting.push(resolve);
        watch.push(null);
      });
    },

    /**
     * Changes fields of the experiment; the server adapts the others.
     * @param {Changes} changes
     */
    change: (changes) => request({ changes }),

    /**
     * Replaces the whole experiment.
     * @param {Experiment} experiment
     */
    replace: (experiment) => request({ experiment }),

    /** Ends the session, and removes the record of this tab. */
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
  throw new Error("Nothing is kept");
}
