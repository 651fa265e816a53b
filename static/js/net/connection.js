/**
 * The connection to the server: opens a WebSocket, reconnects as the close code requires, and delivers messages in order.
 * An idle server sends heartbeats, so a long silence means a dead connection.
 */

/**
 * @import { Closing, Command, ConnectionState, Frame, ConnectionTrouble, ServerEvent, FrameDecompressor } from "../types/app.js"
 */

import { backoff } from "../lib/data/timing.js";
import { decodeFrame } from "./protocol.js";

/** Longest wait before the first and before any new attempt, in milliseconds. */
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;
/** Shortest and longest wait before an attempt when the server is busy and gives no time. */
const LATER = { least: 5000, longest: 15_000 };
/** After this time without a message the connection counts as dead, in milliseconds: three heartbeats are missing. */
const SILENCE = 45_000;
/** Time for a page that was suspended to receive the messages that have arrived meanwhile, in milliseconds. */
const GRACE = 2000;
/** The close code of a connection that ended without one. */
const ABNORMAL_CLOSURE = 1006;
/** The close code after which the server ends the session. */
const NORMAL_CLOSURE = 1000;
/** A platform that needs longer than this to decompress a frame, in milliseconds, gets plain frames. */
const DECOMPRESSION_TIMEOUT = 10_000;

/** The close code when the join code has not been given, or is no longer valid. */
const FORBIDDEN = 4003;
/** Close codes after which the page does not reconnect by itself, with their reasons. */
const FINAL = new Map([
  [4001, "taken-over"],
  [FORBIDDEN, "forbidden"],
  [4426, "reload"],
]);
/** Close codes after which the page reconnects later: policy, size, busy, slow. */
const BUSY = new Set([1008, 1009, 1013, 4408]);

/**
 * @typedef {object} ConnectionOptions
 * @property {string} url
 * @property {() => Promise<void>} [join] has the person give the join code, after a connection was refused without it
 * @property {(attempt: number) => Promise<ConnectionTrouble | null>} [diagnose] finds out why no
 *   connection could be opened, given the number of attempts that failed before; null if the server does not answer
 * @property {() => void} onOpen the connection is open: send hello
 * @property {(event: ServerEvent) => void} onEvent
 * @property {(frame: Frame) => void} onFrame
 * @property {(state: ConnectionState, trouble: ConnectionTrouble | null) => void} onState
 * @property {(error: unknown) => void} onFault a message could not be read
 * @property {(url: string) => WebSocket} [openSocket]
 * @property {() => number} [random]
 * @property {() => FrameDecompressor} [createDecompressor] if the platform can decompress frames
 * @property {() => number} [now] milliseconds, counting the time that the machine sleeps
 */

/** @typedef {ReturnType<typeof createConnection>} Connection */

/**
 * @param {ConnectionOptions} options
 */
export function createConnection(options) {
  const openSocket = options.openSocket ?? ((url) => new WebSocket(url));
  const random = options.random ?? Math.random;
  const now = options.now ?? Date.now;
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {FrameDecompressor | null} */
  let decompressor = null;
  let createDecompressor = options.createDecompressor;
  /** Number of messages in the queue: a frame being decompressed, and what came after it. */
  let waiting = 0;
  let queue = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let grace;
  let lastHeard = 0;
  let attempt = 0;
  let closed = false;
  /** @type {Closing | null} what the server has sent about the end of this connection */
  let closing = null;
  /** Whether the last connection was refused because the join code is missing. */
  let forbidden = false;
  /** Whether the person is asked for the join code. */
  let joining = false;
  /** @type {ConnectionTrouble | null} the diagnosis of the last failed attempt */
  let cause = null;

  async function open() {
    timer = undefined;
    closing = null;
    if (!(forbidden && options.join)) {
      connect();
      return;
    }
    joining = true;
    try {
      await options.join();
      forbidden = false;
      if (!closed) connect();
    } catch {
      if (!closed) reconnect(ABNORMAL_CLOSURE, true);
    } finally {
      joining = false;
    }
  }

  function connect() {
    const opened = openSocket(options.url);
    opened.binaryType = "arraybuffer";
    socket = opened;
    decompressor = createDecompressor?.() ?? null;
    lastHeard = now();
    let isOpen = false;
    opened.onopen = () => {
      isOpen = true;
      options.onOpen();
    };
    opened.onmessage = ({ data }) => {
      lastHeard = now();
      if (decompressor) receiveInOrder(opened, decompressor, data);
      else receive(data);
    };
    opened.onclose = ({ code }) => {
      if (waiting === 0) handleLoss(opened, code, !isOpen);
      else queue = queue.finally(() => handleLoss(opened, code)); // after the messages before it
    };
  }

  /**
   * Drops the socket, and reconnects unless the connection was closed on purpose.
   * @param {WebSocket} lost
   * @param {number} code with which it was closed
   * @param {boolean} [unopened] whether it was never open
   */
  function handleLoss(lost, code, unopened = false) {
    if (socket !== lost) return;
    socket = null;
    closeDecompressor();
    if (!closed) reconnect(code, unopened);
  }

  function closeDecompressor() {
    decompressor?.close();
    decompressor = null;
  }

  /**
   * Decompresses frames, which is asynchronous; messages after a frame wait for it.
   * @param {WebSocket} from
   * @param {FrameDecompressor} through
   * @param {unknown} data
   */
  function receiveInOrder(from, through, data) {
    if (waiting === 0 && !(data instanceof ArrayBuffer)) {
      receive(data);
      return;
    }
    waiting += 1;
    queue = queue
      .then(async () => {
        const message = data instanceof ArrayBuffer ? await withTimeout(through.decompress(data)) : data;
        if (socket === from) receive(message);
      })
      .catch((error) => {
        if (socket === from) usePlainFrames(from, error);
      })
      .finally(() => {
        waiting -= 1;
      });
  }

  /**
   * Reconnects for plain frames: this platform cannot decompress, or the message was no compressed frame.
   * @param {WebSocket} from
   * @param {unknown} error
   */
  function usePlainFrames(from, error) {
    createDecompressor = undefined;
    options.onFault(error);
    from.close();
    handleLoss(from, ABNORMAL_CLOSURE);
  }

  /** @param {unknown} data */
  function receive(data) {
    try {
      if (data instanceof ArrayBuffer) {
        options.onFrame(decodeFrame(data));
        return;
      }
      const event = /** @type {ServerEvent} */ (JSON.parse(String(data)));
      if (event.type === "heartbeat") return;
      if (event.type === "closing") closing = event;
      if (event.type === "welcome") {
        attempt = 0;
        cause = null;
        options.onState("open", null);
      }
      options.onEvent(event);
    } catch (error) {
      options.onFault(error);
    }
  }

  /**
   * @param {number} code with which the connection was closed
   * @param {boolean} unopened whether it was never open
   */
  function reconnect(code, unopened) {
    forbidden = code === FORBIDDEN;
    const final = forbidden && options.join ? undefined : FINAL.get(code);
    const reason = closing?.reason ?? final ?? "lost";
    if (final !== undefined) {
      options.onState("stopped", { reason, message: closing?.message ?? "" });
      return;
    }
    const trouble = { reason, message: closing?.message ?? "" };
    options.onState("reconnecting", (unopened && cause) || trouble);
    timer = setTimeout(open, waitAfter(code));
    if (unopened) findCause(attempt, trouble);
    attempt += 1;
  }

  /**
   * Diagnoses a failed attempt, and reports the cause if there is still no connection.
   * @param {number} failed how many attempts have failed before
   * @param {ConnectionTrouble} trouble reported if no cause is found
   */
  async function findCause(failed, trouble) {
    const found = (await options.diagnose?.(failed)) ?? null;
    if (attempt === 0 || closed) return; // it has connected since
    const previous = cause;
    cause = found;
    if ((found || previous) && timer !== undefined) options.onState("reconnecting", found ?? trouble);
  }

  /** Drops a connection that has been silent for too long, unless messages are waiting to be handled. */
  function checkAlive() {
    if (!socket || grace !== undefined || now() - lastHeard < SILENCE) return;
    const silent = socket;
    grace = setTimeout(() => {
      grace = undefined;
      if (socket !== silent || now() - lastHeard < SILENCE) return;
      silent.close();
      handleLoss(silent, ABNORMAL_CLOSURE);
    }, GRACE);
  }

  /**
   * @param {number} code
   * @returns {number} milliseconds
   */
  function waitAfter(code) {
    if (closing?.retry_after) return closing.retry_after * 1000;
    if (BUSY.has(code)) return LATER.least + random() * (LATER.longest - LATER.least);
    return backoff(attempt, FIRST_WAIT, LONGEST_WAIT, random);
  }

  function tryNow() {
    clearTimeout(timer);
    open();
  }

  open();

  return {
    /** The encoding of frames to ask for in hello. */
    get encoding() {
      return decompressor ? /** @type {const} */ ("packed") : /** @type {const} */ ("plain");
    },
    /** Sends a command if the connection is open; returns whether it was. */
    send(/** @type {Command} */ command) {
      if (socket?.readyState !== 1) return false;
      socket.send(JSON.stringify(command));
      return true;
    },
    /** Checks whether the connection is still alive; to be called every few seconds, and when the page wakes up. */
    checkAlive,
    /** Stops waiting and tries at once. */
    retryNow() {
      if (timer !== undefined && !closed && !joining) tryNow();
    },
    /** Reconnects after a close code that forbids it without the person's wish. */
    reopen() {
      if (socket !== null || closed || joining) return;
      options.onState("reconnecting", { reason: "reopened", message: "" });
      tryNow();
    },
    /** Closes the connection; only `reopen` reconnects. */
    stop(/** @type {string} */ reason) {
      clearTimeout(timer);
      timer = undefined;
      const open = socket;
      socket = null;
      closeDecompressor();
      open?.close();
      options.onState("stopped", { reason, message: "" });
    },
    /** Closes the connection and has the server end the session. */
    close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(grace);
      socket?.close(NORMAL_CLOSURE);
    },
  };
}

/**
 * @template Value
 * @param {Promise<Value>} promise
 * @returns {Promise<Value>}
 */
function withTimeout(promise) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error("Packed frame: the platform does not decompress it")),
      DECOMPRESSION_TIMEOUT,
    );
  });
  return /** @type {Promise<Value>} */ (Promise.race([promise, late])).finally(() => clearTimeout(timer));
}

/**
 * The address of the WebSocket, relative to that of the page, so that any sub-path works.
 * @param {string} page
 * @returns {string}
 */
export function socketUrl(page) {
  const url = new URL("ws", page);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.search = "";
  url.hash = "";
  return url.href;
}
