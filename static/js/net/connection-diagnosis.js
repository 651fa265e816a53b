/**
 * Finds out why no connection can be opened although the server answers. Browsers hide from a page why its WebSocket was
 * refused, so it sends a plain request to the same address, which takes the same path.
 */

/**
 * @import { ConnectionTrouble } from "../types/app.js"
 */

import { languageKey, phrase } from "../lib/text/i18n.js";

/** The server's reason when the request is valid except that it is no WebSocket upgrade. */
const NO_UPGRADE = "no-upgrade";
/** From this status on, a proxy reports that the server does not answer it. */
const SERVER_ERROR = 500;
/** Timeout of the request, in milliseconds. */
const TIMEOUT = 10_000;

/**
 * @param {string} page address of the page
 * @param {typeof fetch} [fetcher]
 */
export function createDiagnosis(page, fetcher = (...request) => fetch(...request)) {
  /** Whether the request after the last attempt was valid. */
  let suspected = false;

  /**
   * Diagnoses a failed attempt.
   * @param {number} attempt how many attempts have failed in a row before it
   * @returns {Promise<ConnectionTrouble | null>} null if the server does not answer, or the cause may be gone
   */
  return async function diagnose(attempt) {
    const trouble = await askWhy();
    const sure = suspected && attempt > 0;
    suspected = trouble?.reason === NO_UPGRADE;
    // The server may just have come back; only if a WebSocket fails again, something blocks WebSockets.
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
      // Something other than the server answers.
    }
    if (response.status >= SERVER_ERROR) return null;
    const values = { address: url.pathname, status: String(response.status) };
    return { reason: "other-answer", message: phrase("line.other-answer", values) };
  }
}
