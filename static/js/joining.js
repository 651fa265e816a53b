/**
 * The way into a server that asks for a join code: a code for a pass, which stays in this tab, and a pass for the tickets
 * that connections are opened with.
 */

import { languageKey, phrase } from "./lib/language.js";

/** Where the pass is kept, as long as the tab is open. */
const PASS = "join-pass";
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

/** @typedef {ReturnType<typeof createJoining>} Joining */

/**
 * @param {object} options
 * @param {string} options.page address of the page, beside which the server's other addresses are
 * @param {boolean} options.required whether the server asks for a code
 * @param {() => Pick<Storage, "getItem" | "setItem" | "removeItem">} options.storage throws where the browser forbids it
 * @param {() => Promise<void>} options.askPerson asks for a code until `offer` has taken one
 * @param {typeof fetch} [options.ask]
 */
export function createJoining({
  page,
  required,
  storage,
  askPerson,
  ask = (...request) => fetch(...request),
}) {
  /** The pass, where the browser forbids to keep anything. */
  let kept = read();
  /** @type {Promise<void> | null} a question that a person is answering */
  let asking = null;

  function read() {
    try {
      return storage().getItem(PASS);
    } catch {
      return null;
    }
  }

  /** @param {string | null} pass */
  function keep(pass) {
    kept = pass;
    try {
      if (pass === null) storage().removeItem(PASS);
      else storage().setItem(PASS, pass);
    } catch {
      // It holds until the page is left.
    }
  }

  /** @returns {Record<string, string>} */
  function headers() {
    return kept === null ? {} : { authorization: `Bearer ${kept}` };
  }

  /**
   * @param {string} path
   * @param {unknown} content
   */
  async function post(path, content) {
    const url = new URL(path, page);
    url.search = "";
    url.hash = "";
    const common = { "content-type": "application/json", "accept-language": languageKey(), ...headers() };
    try {
      const response = await ask(url, { method: "POST", headers: common, body: JSON.stringify(content) });
      return { response, answer: await response.json() };
    } catch {
      throw new JoinError(phrase("join.unreachable"));
    }
  }

  /**
   * Has a person give the code; several who need it at once wait for one answer.
   * @param {string | null} refused the pass that was no longer good: there may be another by now
   */
  async function askOnce(refused) {
    if (kept !== refused) return undefined;
    keep(null);
    asking ??= askPerson().finally(() => (asking = null));
    return asking;
  }

  /**
   * Gives a code for a pass.
   * @param {string} code
   * @throws {JoinError}
   */
  async function offer(code) {
    const { answer } = await post("api/join", { code });
    if (typeof answer.pass !== "string") throw new JoinError(String(answer.detail));
    keep(answer.pass);
  }

  /** Waits until there is a pass, or nothing to join. */
  async function enter() {
    if (required && kept === null) await askOnce(null);
  }

  return {
    required,

    /**
     * Asks the server as `fetch` does, with the pass; if it is no longer good, with the next one.
     * @param {RequestInfo | URL} url
     * @param {RequestInit} [request]
     * @returns {Promise<Response>}
     */
    async ask(url, request = {}) {
      const pass = kept;
      const response = await ask(url, { ...request, headers: { ...request.headers, ...headers() } });
      if (response.status !== 401 || !required) return response;
      await askOnce(pass);
      return ask(url, { ...request, headers: { ...request.headers, ...headers() } });
    },

    /**
     * Gives the code of a link, if one is asked for; if it is no good, a person will be asked.
     * @param {string} code
     */
    async tryCode(code) {
      if (!required) return;
      try {
        await offer(code);
      } catch {
        // The person will be told when they try it by hand.
      }
    },

    enter,

    offer,

    /**
     * A ticket for one connection, where one is needed.
     * @param {string} [client] who will use it, as in the hello
     * @returns {Promise<string | undefined>}
     * @throws {JoinError} the server does not answer
     */
    async ticket(client) {
      if (!required) return undefined;
      for (;;) {
        await enter();
        const pass = kept;
        const { response, answer } = await post("api/tickets", client ? { client } : {});
        if (typeof answer.ticket === "string") return answer.ticket;
        if (response.status !== 401) throw new JoinError(String(answer.detail));
        await askOnce(pass);
      }
    },
  };
}
