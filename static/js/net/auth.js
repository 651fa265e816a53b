/**
 * Authentication at a server that asks for a join code: the code is sent once, and the answer sets an HttpOnly cookie that
 * the browser sends with every later request.
 */

import { languageKey, phrase } from "../lib/text/i18n.js";

const CODE = "join";

/** The server refuses a code or does not answer; the message is a sentence for people. */
export class JoinError extends Error {}

/**
 * Splits the fragment of the address into the join code of a link or QR code, and the rest.
 * @param {string} hash
 * @returns {{ code: string | null, rest: string }}
 */
export function readCode(hash) {
  const parts = hash.replace(/^#/, "").split("&");
  const found = parts.find((part) => part.startsWith(`${CODE}=`));
  const others = parts.filter((part) => part !== found).join("&");
  if (found === undefined) return { code: null, rest: hash };
  return { code: found.slice(CODE.length + 1), rest: others ? `#${others}` : "" };
}

/** @typedef {ReturnType<typeof createAuth>} Auth */

/**
 * @param {object} options
 * @param {string} options.page address of the page, beside which the server's other addresses are
 * @param {boolean} options.required whether the server asks for a code
 * @param {() => Promise<void>} options.askPerson asks for a code until `submitCode` succeeds
 * @param {typeof fetch} [options.fetcher]
 */
export function createAuth({ page, required, askPerson, fetcher = (...request) => fetch(...request) }) {
  /** @type {Promise<void> | null} resolved when the person has given the code */
  let asking = null;

  /** @param {RequestInit} [request] */
  async function join(request) {
    const url = new URL("api/join", page);
    url.search = "";
    url.hash = "";
    try {
      const response = await fetcher(url, request);
      return { response, answer: await response.json() };
    } catch {
      throw new JoinError(phrase("join.unreachable"));
    }
  }

  async function isJoined() {
    return (await join()).answer.joined === true;
  }

  /**
   * Sends a code to the server.
   * @param {string} code
   * @throws {JoinError} it is wrong, the server does not answer, or the browser does not store the cookie
   */
  async function submitCode(code) {
    const headers = { "content-type": "application/json", "accept-language": languageKey() };
    const { response, answer } = await join({ method: "POST", headers, body: JSON.stringify({ code }) });
    if (!response.ok) throw new JoinError(String(answer.detail));
    if (!(await isJoined())) throw new JoinError(phrase("join.no-cookie"));
  }

  /**
   * Asks the person for the code unless the browser has the cookie; concurrent calls share one dialog.
   * @throws {JoinError} the server does not answer
   */
  async function ensureJoined() {
    if (!required || (await isJoined())) return;
    asking ??= askPerson().finally(() => (asking = null));
    await asking;
  }

  return {
    required,

    /**
     * Like `fetch`; if the cookie is no longer valid, repeats the request after the person has given the code.
     * @param {RequestInfo | URL} url
     * @param {RequestInit} [request]
     * @returns {Promise<Response>}
     */
    async fetch(url, request) {
      const response = await fetcher(url, request);
      if (response.status !== 401 || !required) return response;
      await ensureJoined();
      return fetcher(url, request);
    },

    /**
     * Sends the code of a link, if the server asks for one. A wrong code is ignored; the person will be asked.
     * @param {string} code
     */
    async tryCode(code) {
      if (!required) return;
      try {
        await submitCode(code);
      } catch {
        // The dialog shows errors when the person types the code.
      }
    },

    ensureJoined,

    submitCode,
  };
}
