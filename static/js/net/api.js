/** REST requests that need no session: reading of links and files, links of TensorFlow Playground, and exports. */

/**
 * @import { Experiment, Opening } from "../types/app.js"
 * @import { Targets } from "../own-data/point-set.js"
 */

import { languageKey, phrase } from "../lib/text/i18n.js";

/** The server refuses or does not answer, or a request makes no sense; the message is a sentence for people. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {string | null} [field] dotted name of what the server refuses
   */
  constructor(message, field = null) {
    super(message);
    this.field = field;
  }
}

/** @typedef {ReturnType<typeof createApi>} Api */

/**
 * @param {string} page address of the page, beside which the server's other addresses are
 * @param {typeof fetch} [fetcher]
 */
export function createApi(page, fetcher = (...request) => fetch(...request)) {
  /**
   * @param {string} path
   * @param {unknown} content
   * @returns {Promise<Response>}
   * @throws {ApiError}
   */
  async function post(path, content) {
    const url = new URL(path, page);
    url.hash = "";
    // Otherwise the browser would log every refusal as an error on its console.
    url.searchParams.set("refusals", "answer");
    /** @type {Response} */
    let response;
    try {
      const headers = { "content-type": "application/json", "accept-language": languageKey() };
      response = await fetcher(url, { method: "POST", headers, body: JSON.stringify(content) });
    } catch {
      throw new ApiError(phrase("service.no-answer"));
    }
    if (response.ok) return response;
    throw await readRefusal(response);
  }

  return {
    /**
     * The experiment of a link or a file, and notes on what of it was ignored.
     * @param {{ text: string, own_points?: Targets } | { file: string }} saved a link, and the own points that it may refer
     *   to; or the bytes of a file in base64
     * @returns {Promise<Opening>}
     */
    async read(saved) {
      return read(await post("api/read", saved));
    },
    /**
     * The fragment of the link to an experiment in TensorFlow Playground.
     * @param {Experiment} experiment
     * @returns {Promise<string>}
     */
    async writeClassic(experiment) {
      return (await read(await post("api/classic/link", { experiment }))).link;
    },
    /**
     * @param {string} language
     * @param {Experiment} experiment
     * @param {number} epochs
     * @returns {Promise<string>}
     */
    async writeCode(language, experiment, epochs) {
      const response = await post(`api/export/${language}?epochs=${epochs}`, experiment);
      if (response.headers.get("content-type")?.startsWith("application/json")) await read(response);
      return response.text();
    },
  };
}

/**
 * @param {Response} response
 * @returns {Promise<any>} the JSON of the answer
 * @throws {ApiError} the answer is a refusal
 */
async function read(response) {
  const answer = await response.json();
  if (typeof answer.detail === "string") throw new ApiError(answer.detail, answer.field ?? null);
  return answer;
}

/**
 * @param {Response} response
 * @returns {Promise<ApiError>}
 */
async function readRefusal(response) {
  if (response.status === 413) return new ApiError(phrase("service.too-long"));
  try {
    const { detail, field } = await response.json();
    if (typeof detail === "string" && response.status === 422) return new ApiError(detail, field ?? null);
  } catch {
    // Not a refusal of this server; only the status is known.
  }
  return response.status === 404
    ? new ApiError(phrase("service.not-offered"))
    : new ApiError(phrase("service.status", { status: String(response.status) }));
}
