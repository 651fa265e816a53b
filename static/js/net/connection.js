/**
 * The connection to the server: opens it, opens it again as the close code says, and passes on messages in order.
 * A server that has nothing to send sends a heartbeat, so a long silence means a dead connection.
 */

/**
 * @import { Closing, Command, ConnectionState, Frame, FrameLosses, ConnectionTrouble, ServerEvent, FrameDecompressor } from "../types/app.js"
 */

import { backoff } from "../lib/data/timing.js";
import { decodeEvent, decodeFrame, encodeCommand } from "./protocol.js";

/** Longest wait before the first and before any new attempt, in milliseconds. */
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;
/** Least and longest wait before an attempt when the server asked for time without saying how much. */
const LATER = { least: 5000, longest: 15_000 };
/** After so long without a word the line counts as dead, in milliseconds: three heartbeats are missing. */
const SILENCE = 45_000;
/** How long a page that was asleep has to hear what has come in the meantime. */
const GRACE = 2000;
/** The code of a line that ended without one. */
const ABNORMAL_CLOSURE = 1006;
/** The code that says that nobody will come back. */
const NORMAL_CLOSURE = 1000;
/** A platform that takes so long to decompress a frame does it otherwise than expected; it gets plain frames. */
const DECOMPRESSION_TIMEOUT = 10_000;

/** The close code where the join code has not been given, or no longer counts. */
const FORBIDDEN = 4003;
/** Close codes after which it makes no sense to come back by itself, and why. */
const FINAL = new Map([
  [4001, "taken-over"],
  [FORBIDDEN, "forbidden"],
  [4426, "reload"],
]);
/** Close codes after which to come back later: policy, size, busy, slow. */
const BUSY = new Set([1008, 1009, 1013, 4408]);

/**
 * @typedef {object} ConnectionOptions
 * @property {string} url
 * @property {() => Promise<void>} [join] gets the join code from the person, after a line that was refused without it
 * @property {(attempt: number) => Promise<ConnectionTrouble | null>} [diagnose] finds out why no line came about, after so many
 *   attempts that have failed before; null if the server does not answer
 * @property {() => void} onOpen the line is open: say hello
 * @property {(event: ServerEvent) => void} onEvent
 * @property {(frame: Frame | FrameLosses) => void} onFrame
 * @property {(state: ConnectionState, trouble: ConnectionTrouble | null) => void} onState
 * @property {(error: unknown) => void} onFault a message could not be read
 * @property {(url: string) => WebSocket} [openSocket]
 * @property {() => number} [random]
 * @property {() => FrameDecompressor} [createDecompressor] if the platform can read packed frames
 * @property {() => number} [now] milliseconds, also while the machine sleeps
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
  /** Messages that wait for a frame before them to be unpacked, this included. */
  let waiting = 0;
  let queue = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let grace;
  let lastHeard = 0;
  let attempt = 0;
  let closed = false;
  /** @type {Closing | null} what the server has said about the end of this line */
  let closing = null;
  /** Whether the last line was refused as the join code is missing. */
  let forbidden = false;
  /** Whether the join code is awaited. */
  let joining = false;
  /** @type {ConnectionTrouble | null} what was found out about the last line that did not come about */
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
      else queue = queue.finally(() => handleLoss(opened, code)); // after what came before it
    };
  }

  /**
   * Lets go of the socket, and tries another if that makes sense.
   * @param {WebSocket} lost
   * @param {number} code with which it was closed
   * @param {boolean} [unopened] whether it never came about
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
   * Unpacks frames, which takes a moment; what comes after a frame waits for it.
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
   * Comes back for plain frames: this platform cannot decompress, or what came was no packed frame.
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
      const event = decodeEvent(String(data));
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
   * @param {number} code with which the line was closed
   * @param {boolean} unopened whether it never came about
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
   * Finds out why a line did not come about, and says so if there is none still.
   * @param {number} failed how many attempts have failed before
   * @param {ConnectionTrouble} trouble what is said otherwise
   */
  async function findCause(failed, trouble) {
    const found = (await options.diagnose?.(failed)) ?? null;
    if (attempt === 0 || closed) return; // there has been a line since
    const previous = cause;
    cause = found;
    if ((found || previous) && timer !== undefined) options.onState("reconnecting", found ?? trouble);
  }

  /** Gives up a line on which nothing has come for too long, unless something has just come and waits to be lastHeard. */
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
    if (closing?.retryAfter) return closing.retryAfter * 1000;
    if (BUSY.has(code)) return LATER.least + random() * (LATER.longest - LATER.least);
    return backoff(attempt, FIRST_WAIT, LONGEST_WAIT, random);
  }

  function tryNow() {
    clearTimeout(timer);
    open();
  }

  open();

  return {
    /** How frames are to come, for hello. */
    get encoding() {
      return decompressor ? /** @type {const} */ ("packed") : /** @type {const} */ ("plain");
    },
    /** Sends when the line is open; says whether it was. */
    send(/** @type {Command} */ command) {
      if (socket?.readyState !== 1) return false;
      socket.send(encodeCommand(command));
      return true;
    },
    /** Looks whether a line that seems open still is; to be called every few seconds, and when the page wakes up. */
    checkAlive,
    /** Stops waiting and tries at once. */
    retryNow() {
      if (timer !== undefined && !closed && !joining) tryNow();
    },
    /** Opens a line that would not have come back by itself. */
    reopen() {
      if (socket !== null || closed || joining) return;
      options.onState("reconnecting", { reason: "reopened", message: "" });
      tryNow();
    },
    /** Ends the line; only `reopen` brings it back. */
    stop(/** @type {string} */ reason) {
      clearTimeout(timer);
      timer = undefined;
      const open = socket;
      socket = null;
      closeDecompressor();
      open?.close();
      options.onState("stopped", { reason, message: "" });
    },
    /** Ends the line with a goodbye, after which the server gives up the session. */
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
 * The socket's address beside the page's own, so that any sub-path works.
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
