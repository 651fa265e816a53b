/**
 * The session: turns changes of the state into commands, and messages of the server into state and run data. Knows no view.
 */

/**
 * @import { Catalog, ChangeRequest, Changes, Command, ConnectionState, Experiment, Frame, ConnectionTrouble, ParameterAddress, RunInfo, ServerEvent, FrameDecompressor, WatchedView, Welcome } from "../types/app.js"
 * @import { Emitter } from "../lib/data/emitter.js"
 * @import { Targets } from "../own-data/point-set.js"
 * @import { TabRecord, StorageSource } from "./tab-record.js"
 */

import { createEmitter } from "../lib/data/emitter.js";
import { isEqual } from "../lib/data/equal.js";
import { createStore } from "../lib/data/store.js";
import { throttle } from "../lib/data/timing.js";
import { languageKey } from "../lib/text/i18n.js";
import {
  initialState,
  joined,
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
import { createRuns } from "./runs.js";

/** Shortest time between two `configure`, and between two `watch` commands, in milliseconds. */
const CONFIGURE_PAUSE = 100;
const WATCH_PAUSE = 80;
/** Frames are acknowledged after this time even if not drawn, as a browser may stop drawing a page that counts as visible. */
const UNDRAWN = 1000;

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
 * @property {() => Promise<void>} [join] has the person give the join code, where the server asks for one
 * @property {(attempt: number) => Promise<ConnectionTrouble | null>} [diagnose] finds out why no connection could be opened
 * @property {() => FrameDecompressor} [createDecompressor] if the platform can decompress frames
 * @property {(url: string) => WebSocket} [openSocket]
 * @property {() => number} [now] milliseconds
 */

/**
 * @typedef {object} SessionEvents
 * @property {(event: ServerEvent) => void} event the server has sent an event, and the state was updated
 * @property {() => void} frame a frame came: draw it, then acknowledge
 * @property {(error: unknown) => void} fault a message could not be read
 */

/** @typedef {ReturnType<typeof createSession>} Session */

/** @typedef {ChangeRequest & { address?: string, own_points?: Targets }} Greeting the experiment of a hello */

/**
 * @param {SessionOptions} options
 */
export function createSession(options) {
  const { catalog } = options;
  /** @type {Emitter<SessionEvents>} */
  const { on, emit } = createEmitter();
  const now = options.now ?? (() => performance.now());
  const isHidden = options.isHidden ?? (() => false);
  const { record = null, address = () => "" } = options;
  const store = createStore(initialState(catalog, address().slice(1), record));
  const runs = createRuns(record?.run);
  const resumeStorage = createResumeStorage({
    getStorage: options.getStorage ?? noStorage,
    record,
    address,
  });
  resumeStorage.restore(runs.current);
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
  /** @type {WatchedView[]} */
  let watched = [];

  const configure = throttle((/** @type {null} */ _) => {
    const { keep, pending } = store.get();
    const unsent = joined(pending.filter(({ id }) => id > requestsSent));
    requestsSent = requests;
    connection.send({ type: "configure", id: requests, ...unsent, keep });
  }, CONFIGURE_PAUSE);

  const sendWatch = throttle((/** @type {null} */ _) => {
    const exact = waiting.length > 0;
    const views = exact ? withExactParameters(watched) : watched;
    const command = { type: "watch", views, frame_rate: options.frameRate(), hidden: isHidden() && !exact };
    connection.send(/** @type {Command} */ (command));
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
      const { address, own_points } = beginning;
      const addressed = [...(address ? [beginning] : []), ...(own_points ? [{ address }] : [])];
      greetings = [...(wasWelcomed || record ? present : []), ...addressed, {}];
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
    onFault: (error) => emit("fault", error),
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
    const [info] = /** @type {[RunInfo]} */ (event.runs);
    const continues = resumes && info.lineage === runs.current.lineage;
    received = 0;
    acknowledged = 0;
    if (continues) runs.proceed(info.run);
    else runs.begin(info.run);
    if (continues && !event.recovered) runs.current.rewind(info.state.epoch);
    store.update((state) => withWelcome(state, catalog, info, continues));
    sendWatch.push(null);
    // A change made while the connection broke, or since the token was issued.
    const isNewer = resumes && ((wasWelcomed && pending.length > 0) || !event.recovered);
    wasWelcomed = true;
    if (isNewer && !isEqual(wanted, info.experiment))
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
        resumeStorage.offer(event, runs.current, store.get());
        return;
      case "configured":
        if (event.run > runs.current.run && event.kept) runs.proceed(event.run);
        else if (event.run > runs.current.run) runs.begin(event.run);
        store.update((state) => withConfigured(state, catalog, event, runs.current.epoch));
        break;
      case "state":
        runs.current.restartClock();
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
    emit("event", event);
  }

  /** @param {Frame} frame */
  function receiveFrame(frame) {
    received = Math.max(received, frame.number);
    for (const run of frame.runs) runs.accept(run, now());
    if (waiting.length > 0 && runs.current.views.parameters?.exact) {
      endWaiting();
      sendWatch.push(null);
    }
    resumeStorage.settle(runs.current, store.get());
    if (isHidden()) acknowledge();
    else {
      clearTimeout(undrawn);
      undrawn = setTimeout(acknowledge, UNDRAWN);
    }
    emit("frame");
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
    /** The streamed numbers of the current run. */
    get runData() {
      return runs.current;
    },
    send,
    on,

    /**
     * Asks for views; without a list for the same as before, after a change of `frameRate` or `isHidden`.
     * @param {WatchedView[]} [views]
     */
    watch(views = watched) {
      watched = views;
      if (store.get().connection === "open") sendWatch.push(null);
    },

    checkAlive: connection.checkAlive,
    retryNow: connection.retryNow,
    reopen: connection.reopen,
    /** Stores what the next visit needs. */
    save: () => resumeStorage.saveAll(runs.current, store.get()),

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
        sendWatch.push(null);
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
      sendWatch.cancel();
      clearTimeout(undrawn);
      connection.close();
      resumeStorage.drop();
    },
  };
}

/**
 * @param {WatchedView[]} views
 * @returns {WatchedView[]}
 */
function withExactParameters(views) {
  return [...views.filter(({ view }) => view !== "parameters"), { view: "parameters", exact: true }];
}

/** @returns {never} */
function noStorage() {
  throw new Error("Nothing is kept");
}
