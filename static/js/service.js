/** Questions to the server that need no session: links of the original, and an experiment as a script. */

/**
 * @import { Experiment } from "./types/app.js"
 */

import { languageKey } from "./lib/language.js";
import { fromWire, toWire } from "./protocol.js";

/** The server refuses, or does not answer; the message is a sentence for people. */
export class ServiceError extends Error {
  /**
   * @param {string} message
   * @param {string | null} [field] dotted name of what the server refuses
   */
  constructor(message, field = null) {
    super(message);
    this.field = field;
  }
}

/** @typedef {ReturnType<typeof createService>} Service */

/**
 * @param {string} page address of the page, beside which the server's other addresses are
 * @param {typeof fetch} [ask]
 */
export function createService(page, ask = (...request) => fetch(...request)) {
  /**
   * @param {string} path
   * @param {unknown} content
   * @returns {Promise<Response>}
   * @throws {ServiceError}
   */
  async function post(path, content) {
    const url = new URL(path, page);
    url.hash = "";
    /** @type {Response} */
    let response;
    try {
      const headers = { "content-type": "application/json", "accept-language": languageKey() };
      response = await ask(url, { method: "POST", headers, body: JSON.stringify(content) });
    } catch {
      throw new ServiceError("The server does not answer. Please try again when it is back.");
    }
    if (response.ok) return response;
    throw await readRefusal(response);
  }

  return {
    /**
     * The experiment of a link of the original.
     * @param {string} link
     * @returns {Promise<Experiment>}
     */
    async readClassic(link) {
      const response = await post("api/classic", { link });
      return fromWire((await response.json()).experiment);
    },
    /**
     * What stands behind `#` in the original, for an experiment that it can have.
     * @param {Experiment} experiment
     * @returns {Promise<string>}
     */
    async writeClassic(experiment) {
      const response = await post("api/classic/link", { experiment: toWire(experiment) });
      return (await response.json()).link;
    },
    /**
     * @param {string} language
     * @param {Experiment} experiment
     * @param {number} epochs
     * @returns {Promise<string>}
     */
    async writeCode(language, experiment, epochs) {
      const response = await post(`api/export/${language}?epochs=${epochs}`, toWire(experiment));
      return response.text();
    },
  };
}

/**
 * @param {Response} response
 * @returns {Promise<ServiceError>}
 */
async function readRefusal(response) {
  if (response.status === 413) return new ServiceError("That is too long for the server.");
  try {
    const { detail, field } = await response.json();
    if (typeof detail === "string" && response.status === 422) return new ServiceError(detail, field ?? null);
  } catch {
    // No sentence of ours; then the status has to do.
  }
  return response.status === 404
    ? new ServiceError("This server does not offer that.")
    : new ServiceError(`The server could not do that (status ${response.status}).`);
}
