/**
 * The connection to the server: opens it, opens it again as the close code says, and passes on messages in order.
 * A server that has nothing to send sends a heartbeat, so a long silence means a dead connection.
 */

/**
 * @import { Closing, Command, ConnectionState, Frame, FrameLosses, LineTrouble, ServerEvent, Unpacker } from "../types/app.js"
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
const LOST = 1006;
/** The code that says that nobody will come back. */
const GOODBYE = 1000;
/** A platform that takes so long to unpack a frame does it otherwise than expected; it gets plain frames. */
const UNPACKING = 10_000;

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
 * @property {() => Promise<void>} [admit] gets the join code from the person, after a line that was refused without it
 * @property {(attempt: number) => Promise<LineTrouble | null>} [diagnose] finds out why no line came about, after so many
 *   attempts that have failed before; null if the server does not answer
 * @property {() => void} onOpen the line is open: say hello
 * @property {(event: ServerEvent) => void} onEvent
 * @property {(frame: Frame | FrameLosses) => void} onFrame
 * @property {(state: ConnectionState, trouble: LineTrouble | null) => void} onState
 * @property {(error: unknown) => void} onFault a message could not be read
 * @property {(url: string) => WebSocket} [openSocket]
 * @property {() => number} [random]
 * @property {() => Unpacker} [createUnpacker] if the platform can read packed frames
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
  /** @type {Unpacker | null} */
  let unpacker = null;
  let createUnpacker = options.createUnpacker;
  /** Messages that wait for a frame before them to be unpacked, this included. */
  let waiting = 0;
  let turn = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let grace;
  let heard = 0;
  let attempt = 0;
  let closed = false;
  /** @type {Closing | null} what the server has said about the end of this line */
  let closing = null;
  /** Whether the last line was refused as the join code is missing. */
  let forbidden = false;
  /** Whether the join code is awaited. */
  let admitting = false;
  /** @type {LineTrouble | null} what was found out about the last line that did not come about */
  let cause = null;

  async function open() {
    timer = undefined;
    closing = null;
    if (!(forbidden && options.admit)) {
      openSocketAnew();
      return;
    }
    admitting = true;
    try {
      await options.admit();
      forbidden = false;
      if (!closed) openSocketAnew();
    } catch {
      if (!closed) comeBack(LOST, true);
    } finally {
      admitting = false;
    }
  }

  function openSocketAnew() {
    const opened = openSocket(options.url);
    opened.binaryType = "arraybuffer";
    socket = opened;
    unpacker = createUnpacker?.() ?? null;
    heard = now();
    let isOpen = false;
    opened.onopen = () => {
      isOpen = true;
      options.onOpen();
    };
    opened.onmessage = ({ data }) => {
      heard = now();
      if (unpacker) receiveInOrder(opened, unpacker, data);
      else receive(data);
    };
    opened.onclose = ({ code }) => {
      if (waiting === 0) lose(opened, code, !isOpen);
      else turn = turn.finally(() => lose(opened, code)); // after what came before it
    };
  }

  /**
   * Lets go of the socket, and tries another if that makes sense.
   * @param {WebSocket} lost
   * @param {number} code with which it was closed
   * @param {boolean} [unopened] whether it never came about
   */
  function lose(lost, code, unopened = false) {
    if (socket !== lost) return;
    socket = null;
    letGo();
    if (!closed) comeBack(code, unopened);
  }

  function letGo() {
    unpacker?.close();
    unpacker = null;
  }

  /**
   * Unpacks frames, which takes a moment; what comes after a frame waits for it.
   * @param {WebSocket} from
   * @param {Unpacker} through
   * @param {unknown} data
   */
  function receiveInOrder(from, through, data) {
    if (waiting === 0 && !(data instanceof ArrayBuffer)) {
      receive(data);
      return;
    }
    waiting += 1;
    turn = turn
      .then(async () => {
        const message = data instanceof ArrayBuffer ? await inTime(through.unpack(data)) : data;
        if (socket === from) receive(message);
      })
      .catch((error) => {
        if (socket === from) doWithout(from, error);
      })
      .finally(() => {
        waiting -= 1;
      });
  }

  /**
   * Comes back for plain frames: this platform cannot unpack, or what came was no packed frame.
   * @param {WebSocket} from
   * @param {unknown} error
   */
  function doWithout(from, error) {
    createUnpacker = undefined;
    options.onFault(error);
    from.close();
    lose(from, LOST);
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
  function comeBack(code, unopened) {
    forbidden = code === FORBIDDEN;
    const final = forbidden && options.admit ? undefined : FINAL.get(code);
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
   * @param {LineTrouble} trouble what is said otherwise
   */
  async function findCause(failed, trouble) {
    const found = (await options.diagnose?.(failed)) ?? null;
    if (attempt === 0 || closed) return; // there has been a line since
    const told = cause;
    cause = found;
    if ((found || told) && timer !== undefined) options.onState("reconnecting", found ?? trouble);
  }

  /** Gives up a line on which nothing has come for too long, unless something has just come and waits to be heard. */
  function look() {
    if (!socket || grace !== undefined || now() - heard < SILENCE) return;
    const silent = socket;
    grace = setTimeout(() => {
      grace = undefined;
      if (socket !== silent || now() - heard < SILENCE) return;
      silent.close();
      lose(silent, LOST);
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
      return unpacker ? /** @type {const} */ ("packed") : /** @type {const} */ ("plain");
    },
    /** Sends when the line is open; says whether it was. */
    send(/** @type {Command} */ command) {
      if (socket?.readyState !== 1) return false;
      socket.send(encodeCommand(command));
      return true;
    },
    /** Looks whether a line that seems open still is; to be called every few seconds, and when the page wakes up. */
    look,
    /** Stops waiting and tries at once. */
    retryNow() {
      if (timer !== undefined && !closed && !admitting) tryNow();
    },
    /** Opens a line that would not have come back by itself. */
    reopen() {
      if (socket !== null || closed || admitting) return;
      options.onState("reconnecting", { reason: "reopened", message: "" });
      tryNow();
    },
    /** Ends the line; only `reopen` brings it back. */
    stop(/** @type {string} */ reason) {
      clearTimeout(timer);
      timer = undefined;
      const open = socket;
      socket = null;
      letGo();
      open?.close();
      options.onState("stopped", { reason, message: "" });
    },
    /** Ends the line with a goodbye, after which the server gives up the session. */
    close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(grace);
      socket?.close(GOODBYE);
    },
  };
}

/**
 * @template Value
 * @param {Promise<Value>} promise
 * @returns {Promise<Value>}
 */
function inTime(promise) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("Packed frame: the platform does not unpack it")), UNPACKING);
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
