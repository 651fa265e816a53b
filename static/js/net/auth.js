/**
 * The way into a server that asks for a join code: the code is given once, and the answer brings a cookie that the
 * browser sends along from then on and that no script can read.
 */

import { languageKey, phrase } from "../lib/text/i18n.js";

const CODE = "join";

/** The server does not take a code, or does not answer; the message is a sentence for people. */
export class JoinError extends Error {}

/**
 * What stands behind `#`, without the join code that a link or a QR code brings.
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
 * @param {() => Promise<void>} options.askPerson asks for a code until `submitCode` has taken one
 * @param {typeof fetch} [options.fetcher]
 */
export function createAuth({ page, required, askPerson, fetcher = (...request) => fetch(...request) }) {
  /** @type {Promise<void> | null} a question that a person is answering */
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
   * Gives a code.
   * @param {string} code
   * @throws {JoinError} it is wrong, the server does not answer, or the browser does not keep the cookie
   */
  async function submitCode(code) {
    const headers = { "content-type": "application/json", "accept-language": languageKey() };
    const { response, answer } = await join({ method: "POST", headers, body: JSON.stringify({ code }) });
    if (!response.ok) throw new JoinError(String(answer.detail));
    if (!(await isJoined())) throw new JoinError(phrase("join.no-cookie"));
  }

  /**
   * Has a person give the code unless the browser has the cookie; several who need it at once wait for one answer.
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
     * Asks the server as `fetch` does; if the cookie is no longer valid, again after the person has given the code.
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
     * Gives the code of a link, if one is asked for; if it is no good, a person will be asked.
     * @param {string} code
     */
    async tryCode(code) {
      if (!required) return;
      try {
        await submitCode(code);
      } catch {
        // The person sees it when they try by hand.
      }
    },

    ensureJoined,

    submitCode,
  };
}
