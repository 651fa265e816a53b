/**
 * Why no connection comes about although the server answers. Browsers tell a page nothing of why its WebSocket was refused,
 * so it asks by a plain request for the same address, which comes by the same way.
 */

/**
 * @import { ConnectionTrouble } from "../types/app.js"
 */

import { languageKey, phrase } from "../lib/text/i18n.js";

/** What the server answers when nothing else is missing: this request cannot bring the upgrade to a WebSocket. */
const NO_UPGRADE = "no-upgrade";
/** From this status on, a proxy in between says that the server does not answer it. */
const SERVER_ERROR = 500;
/** How long an answer may take, in milliseconds. */
const TIMEOUT = 10_000;

/**
 * @param {string} page address of the page
 * @param {typeof fetch} [fetcher]
 */
export function createDiagnosis(page, fetcher = (...request) => fetch(...request)) {
  /** Whether the server answered after the last attempt, and found nothing else. */
  let suspected = false;

  /**
   * Asks after an attempt that has failed.
   * @param {number} attempt how many have failed before it, one after the other
   * @returns {Promise<ConnectionTrouble | null>} null if the server does not answer, or there may be no trouble any more
   */
  return async function diagnose(attempt) {
    const trouble = await askWhy();
    const sure = suspected && attempt > 0;
    suspected = trouble?.reason === NO_UPGRADE;
    // The server may just have come back; only if a WebSocket fails once more, something keeps WebSockets away.
    return suspected && !sure ? null : trouble;
  };

  async function askWhy() {
    const url = new URL("ws", page);
    url.search = new URLSearchParams({ page: url.origin }).toString();
    /** @type {Response} */
    let response;
    try {
      const headers = { accept: "application/json", "accept-language": languageKey() };
      response = await fetcher(url, { headers, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT) });
    } catch {
      return null;
    }
    try {
      const { reason, detail } = await response.json();
      if (typeof reason === "string" && typeof detail === "string")
        return { reason, message: phrase("line.no-connection", { why: detail }) };
    } catch {
      // It is not the server that answers.
    }
    if (response.status >= SERVER_ERROR) return null;
    const values = { address: url.pathname, status: String(response.status) };
    return { reason: "other-answer", message: phrase("line.other-answer", values) };
  }
}
