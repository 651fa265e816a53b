/** The line to the server: opens, reopens with growing patience, and hands on what comes. */

/**
 * @import { Command, ConnectionState, Frame, ServerEvent } from "./types/app.js"
 */

import { backoff } from "./lib/timing.js";
import { decodeEvent, decodeFrame, encodeCommand } from "./protocol.js";

/** Longest wait before the first and before any new attempt, in milliseconds. */
const FIRST_WAIT = 600;
const LONGEST_WAIT = 8000;

/**
 * @typedef {object} ConnectionOptions
 * @property {string} url
 * @property {() => Promise<string | undefined>} [admit] what a new line needs a ticket from, before it is opened
 * @property {(ticket?: string) => void} onOpen the line is open: say hello, with the ticket if there is one
 * @property {(event: ServerEvent) => void} onEvent
 * @property {(frame: Frame) => void} onFrame
 * @property {(state: ConnectionState) => void} onState
 * @property {(error: unknown) => void} onFault a message could not be read
 * @property {(url: string) => WebSocket} [openSocket]
 * @property {() => number} [random]
 */

/**
 * @param {ConnectionOptions} options
 * @returns {{ send: (command: Command) => boolean, retryNow: () => void, close: () => void }}
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
  /** Whether a ticket is awaited. */
  let waiting = false;

  async function open() {
    timer = undefined;
    if (!options.admit) {
      openWith(undefined);
      return;
    }
    waiting = true;
    try {
      const ticket = await options.admit();
      if (!closed) openWith(ticket);
    } catch {
      if (!closed) retryLater();
    } finally {
      waiting = false;
    }
  }

  /** @param {string | undefined} ticket */
  function openWith(ticket) {
    const opened = openSocket(options.url);
    opened.binaryType = "arraybuffer";
    socket = opened;
    opened.onopen = () => options.onOpen(ticket);
    opened.onmessage = ({ data }) => receive(data);
    opened.onclose = () => {
      if (socket !== opened) return;
      socket = null;
      if (!closed) retryLater();
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
      if (timer === undefined || closed || waiting) return;
      clearTimeout(timer);
      open();
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
