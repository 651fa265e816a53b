/** Opens the page's address, a pasted link or a file as an experiment. The server reads them (`engine/saved`). */

/**
 * @import { Catalog, Opening } from "../types/app.js"
 * @import { Targets } from "../own-data/point-set.js"
 * @import { Api } from "../net/api.js"
 */

import { encodeBase64 } from "../lib/data/base64.js";
import { formatFixed } from "../lib/text/format.js";
import { phrase } from "../lib/text/i18n.js";
import { ApiError } from "../net/api.js";

/** Size limit of files, in bytes. */
const LARGEST_FILE = 1_500_000;
/** Largest absolute value of a parameter in the protocol. */
const LARGEST_PARAMETER = 1e6;

/**
 * @typedef {object} Openers
 * @property {Catalog} catalog
 * @property {Api} api
 * @property {{ read: () => Targets | null }} points
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
 * The address with which the run begins, and the own points that it refers to, if this browser has them.
 * @param {Pick<Openers, "points">} openers
 * @param {string} fragment without `#`
 * @returns {{ address?: string, own_points?: Targets }} empty if the fragment describes no experiment
 */
export function beginningOf({ points }, fragment) {
  if (fragment === "" || !isAboutExperiment(fragment)) return {};
  return { address: fragment, ...ownPointsFor(fragment, points) };
}

/**
 * @param {string} link
 * @param {Openers["points"]} points
 */
function ownPointsFor(link, points) {
  const own = link.includes("own") ? points.read() : null;
  return own && { own_points: own };
}

/**
 * @param {Openers} openers
 * @param {string} text a link as pasted, or a fragment with `#`
 * @param {string} [page] address of this page, which stands for the default experiment
 * @returns {Promise<Opening>}
 * @throws {ApiError}
 */
export async function openLink({ catalog, api, points }, text, page = "#") {
  const link = text.trim();
  if (link === "") throw new ApiError(phrase("opening.no-link"));
  if (link === "#" || link === page.split("#")[0])
    return { experiment: catalog.experiment, notes: [], misses_points: false, network: null };
  return api.read({ text: link, ...ownPointsFor(link, points) });
}

/**
 * @param {Openers} openers
 * @param {Blob} file
 * @returns {Promise<Opening>}
 * @throws {ApiError}
 */
export async function openFile({ api }, file) {
  if (file.size > LARGEST_FILE)
    throw new ApiError(phrase("files.too-large", { megabytes: formatFixed(file.size / 1e6, 1) }));
  /** @type {ArrayBuffer} */
  let buffer;
  try {
    buffer = await file.arrayBuffer();
  } catch {
    throw new ApiError(phrase("files.unreadable"));
  }
  const opening = await api.read({ file: encodeBase64(new Uint8Array(buffer)) });
  if (opening.network?.parameters.some((value) => Math.abs(value) > LARGEST_PARAMETER))
    throw new ApiError(phrase("files.wild-parameters"));
  return opening;
}

/**
 * The message of an error that is meant for people; any other error is rethrown.
 * @param {unknown} error
 * @returns {string}
 */
export function sentenceOf(error) {
  if (error instanceof ApiError) return error.message;
  throw error;
}
