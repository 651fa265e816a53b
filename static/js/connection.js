/**
 * The line to the server: opens, reopens with growing patience, and hands on what comes, in its order.
 * A server that has nothing to say sends a heartbeat, so a long silence is a dead line.
 */

/**
 * @import { Command, ConnectionState, Frame, FrameLosses, ServerEvent, Unpacker } from "./types/app.js"
 */

import { backoff } from "./lib/timing.js";
import { decodeEvent, decodeFrame, encodeCommand } from "./protocol.js";

/** Longest wait before the first and before any new attempt, in milliseconds. */
const FIRST_WAIT = 600;
const LONGEST_WAIT = 8000;
/** After so long without a word the line counts as dead, in milliseconds: three heartbeats are missing. */
const SILENCE = 45_000;
/** How long a page that was asleep has to hear what has come in the meantime. */
const GRACE = 2000;
/** A platform that takes so long to unpack a frame does it otherwise than expected; it gets plain frames. */
const UNPACKING = 10_000;

/**
 * @typedef {object} ConnectionOptions
 * @property {string} url
 * @property {() => void} onOpen the line is open: say hello
 * @property {(event: ServerEvent) => void} onEvent
 * @property {(frame: Frame | FrameLosses) => void} onFrame
 * @property {(state: ConnectionState) => void} onState
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

  function open() {
    timer = undefined;
    const opened = openSocket(options.url);
    opened.binaryType = "arraybuffer";
    socket = opened;
    unpacker = createUnpacker?.() ?? null;
    heard = now();
    opened.onopen = () => options.onOpen();
    opened.onmessage = ({ data }) => {
      heard = now();
      if (unpacker) receiveInOrder(opened, unpacker, data);
      else receive(data);
    };
    opened.onclose = () => {
      if (socket === opened) lose();
    };
  }

  /** Lets go of the socket, and tries another later. */
  function lose() {
    socket = null;
    unpacker?.close();
    unpacker = null;
    if (!closed) retryLater();
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
        if (socket === from || socket === null) receive(message);
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
    if (socket === from) lose();
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
      if (event.type === "welcome") {
        attempt = 0;
        options.onState("open");
      }
      options.onEvent(event);
    } catch (error) {
      options.onFault(error);
    }
  }

  function retryLater() {
    options.onState("reconnecting");
    timer = setTimeout(open, backoff(attempt, FIRST_WAIT, LONGEST_WAIT, random));
    attempt += 1;
  }

  /** Gives up a line on which nothing has come for too long, unless something has just come and waits to be heard. */
  function look() {
    if (!socket || grace !== undefined || now() - heard < SILENCE) return;
    const silent = socket;
    grace = setTimeout(() => {
      grace = undefined;
      if (socket !== silent || now() - heard < SILENCE) return;
      silent.close();
      if (socket === silent) lose();
    }, GRACE);
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
      if (timer === undefined || closed) return;
      clearTimeout(timer);
      open();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(grace);
      socket?.close();
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
