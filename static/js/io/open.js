/** Opens an address, a pasted link or a file as an experiment, or says why that is not possible. */

/**
 * @import { Catalog, Experiment } from "../types/app.js"
 * @import { Api } from "../net/api.js"
 * @import { OwnPoints } from "./build-experiment.js"
 */

import { phrase } from "../lib/text/i18n.js";
import { parseLink } from "../lib/text/link-repair.js";
import { ApiError } from "../net/api.js";
import { quote } from "./build-experiment.js";
import { FileError, LARGEST_FILE, readFile, tooLarge } from "./experiment-files.js";
import { decodeAddress, isClassicLink } from "./permalink.js";

/**
 * @typedef {object} Opening
 * @property {Experiment} experiment
 * @property {string[]} problems what was left out and why
 * @property {boolean} missesPoints whether it refers to own points that this browser does not have
 * @property {{ values: Float32Array | Float64Array, epoch: number } | null} network
 */

/**
 * @typedef {object} Openers
 * @property {Catalog} catalog
 * @property {Api} api
 * @property {{ read: () => OwnPoints | null }} points
 */

/**
 * Whether a fragment describes an experiment: an anchor within the page has no equals sign.
 * @param {string} fragment
 * @returns {boolean}
 */
export function isAboutExperiment(fragment) {
  return fragment === "" || /=|%3D/i.test(fragment);
}

/**
 * @param {Openers} openers
 * @param {string} fragment without `#`
 * @returns {Promise<Opening & { known: number }>}
 * @throws {ApiError}
 */
export function openFragment(openers, fragment) {
  return openParsed(openers, parseLink(`#${fragment}`));
}

/**
 * @param {Openers} openers
 * @param {import("../lib/text/link-repair.js").Link | null} link
 * @returns {Promise<Opening & { known: number }>}
 */
async function openParsed({ catalog, api, points }, link) {
  const { fragment, ending } = link ?? { fragment: "", ending: "" };
  const cut = ending === "" ? [] : [phrase("opening.ending", { ending: quote(ending) })];
  if (isClassicLink(fragment)) {
    const { experiment, notes } = await api.readClassic(fragment);
    return { experiment, problems: [...notes, ...cut], missesPoints: false, network: null, known: 1 };
  }
  const decoded = decodeAddress(catalog, fragment, points.read());
  return { ...decoded, problems: [...decoded.problems, ...cut], network: null };
}

/**
 * Opens the page's address at its start; empty if that describes no experiment.
 * @param {Openers} openers
 * @param {string} hash
 * @returns {Promise<Partial<Opening> & { refusal?: string }>}
 */
export async function openStart(openers, hash) {
  const fragment = hash.slice(1);
  if (!isAboutExperiment(fragment)) return {};
  try {
    return await openFragment(openers, fragment);
  } catch (error) {
    return { refusal: sentenceOf(error) };
  }
}

/**
 * @param {Openers} openers
 * @param {string} text as pasted
 * @param {string} page address of this page
 * @returns {Promise<Opening>}
 * @throws {FileError | ApiError}
 */
export async function openLink(openers, text, page) {
  const trimmed = text.trim();
  if (trimmed === "") throw new FileError(phrase("opening.no-link"));
  const link = parseLink(trimmed);
  const opening = await openParsed(openers, link);
  if (opening.known > 0 || (link === null && trimmed === page.split("#")[0])) return opening;
  throw new FileError(phrase(link?.fragment ? "opening.other-link" : "opening.empty-link"));
}

/**
 * @param {Openers} openers
 * @param {Blob} file
 * @returns {Promise<Opening>}
 * @throws {FileError}
 */
export async function openFile({ catalog }, file) {
  if (file.size > LARGEST_FILE) throw tooLarge(file.size);
  /** @type {ArrayBuffer} */
  let buffer;
  try {
    buffer = await file.arrayBuffer();
  } catch {
    throw new FileError(phrase("files.unreadable"));
  }
  return { ...readFile(catalog, buffer), missesPoints: false };
}

/**
 * The message of an error that is meant for people; any other error is rethrown.
 * @param {unknown} error
 * @returns {string}
 */
export function sentenceOf(error) {
  if (error instanceof FileError || error instanceof ApiError) return error.message;
  throw error;
}
