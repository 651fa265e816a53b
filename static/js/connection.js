/** The line to the server: opens, reopens as its end tells it to, and hands on what comes. */

/**
 * @import { Closing, Command, ConnectionState, Frame, LineTrouble, ServerEvent } from "./types/app.js"
 */

import { backoff } from "./lib/timing.js";
import { decodeEvent, decodeFrame, encodeCommand } from "./protocol.js";

/** Longest wait before the first and before any new attempt, in milliseconds. */
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;
/** Least and longest wait before an attempt when the server asked for time without saying how much. */
const LATER = { least: 5000, longest: 15_000 };

/** Close codes after which it makes no sense to come back by itself, and why. */
const FINAL = new Map([
  [4001, "taken-over"],
  [4003, "forbidden"],
  [4426, "reload"],
]);
/** Close codes after which to come back later: policy, size, busy, slow. */
const BUSY = new Set([1008, 1009, 1013, 4408]);

/**
 * @typedef {object} ConnectionOptions
 * @property {string} url
 * @property {() => void} onOpen the line is open: say hello
 * @property {(event: ServerEvent) => void} onEvent
 * @property {(frame: Frame) => void} onFrame
 * @property {(state: ConnectionState, trouble: LineTrouble | null) => void} onState
 * @property {(error: unknown) => void} onFault a message could not be read
 * @property {(url: string) => WebSocket} [openSocket]
 * @property {() => number} [random]
 */

/**
 * @param {ConnectionOptions} options
 * @returns {{ send: (command: Command) => boolean, retryNow: () => void, reopen: () => void, stop: (reason: string) => void, close: () => void }}
 */
export function createConnection(options) {
  const openSocket = options.openSocket ?? ((url) => new WebSocket(url));
  const random = options.random ?? Math.random;
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let attempt = 0;
  let closed = false;
  /** @type {Closing | null} what the server has said about the end of this line */
  let closing = null;

  function open() {
    timer = undefined;
    closing = null;
    const opened = openSocket(options.url);
    opened.binaryType = "arraybuffer";
    socket = opened;
    opened.onopen = () => options.onOpen();
    opened.onmessage = ({ data }) => receive(data);
    opened.onclose = ({ code }) => {
      if (socket !== opened) return;
      socket = null;
      if (!closed) comeBack(code);
    };
  }

  /** @param {unknown} data */
  function receive(data) {
    try {
      if (data instanceof ArrayBuffer) {
        options.onFrame(decodeFrame(data));
        return;
      }
      const event = decodeEvent(String(data));
      if (event.type === "closing") closing = event;
      if (event.type === "welcome") {
        attempt = 0;
        options.onState("open", null);
      }
      options.onEvent(event);
    } catch (error) {
      options.onFault(error);
    }
  }

  /** @param {number} code with which the line was closed */
  function comeBack(code) {
    const final = FINAL.get(code);
    const reason = closing?.reason ?? final ?? "lost";
    if (final !== undefined) {
      options.onState("stopped", { reason, message: closing?.message ?? "" });
      return;
    }
    options.onState("reconnecting", { reason, message: closing?.message ?? "" });
    timer = setTimeout(open, waitAfter(code));
    attempt += 1;
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
    /** Sends when the line is open; says whether it was. */
    send(command) {
      if (socket?.readyState !== 1) return false;
      socket.send(encodeCommand(command));
      return true;
    },
    /** Stops waiting and tries at once. */
    retryNow() {
      if (timer !== undefined && !closed) tryNow();
    },
    /** Opens a line that would not have come back by itself. */
    reopen() {
      if (socket !== null || closed) return;
      options.onState("reconnecting", { reason: "reopened", message: "" });
      tryNow();
    },
    /** Ends the line; only `reopen` brings it back. */
    stop(reason) {
      clearTimeout(timer);
      timer = undefined;
      const open = socket;
      socket = null;
      open?.close();
      options.onState("stopped", { reason, message: "" });
    },
    close() {
      closed = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
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
