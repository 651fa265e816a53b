/** Notices about an address, a link or a file that was opened, or could not be. */

/**
 * @import { Notice } from "../app/notifications.js"
 */

import { phrase } from "../lib/text/i18n.js";

/**
 * What could not be used, and whether own points are missing.
 * @param {{ notes: string[], misses_points: boolean }} opening
 * @returns {Notice[]} none if all was used
 */
export function openedNotices({ notes, misses_points }) {
  /** @type {Notice[]} */
  const notices = [];
  if (notes.length > 0)
    notices.push({
      key: "passed-over",
      kind: "warning",
      title: phrase("keeping.passed-over"),
      text: notes.map((problem) => phrase("keeping.problem", { problem })).join(phrase("keeping.between")),
    });
  if (misses_points)
    notices.push({
      key: "own-points",
      kind: "warning",
      title: phrase("keeping.no-points"),
      text: phrase("keeping.no-points-text"),
    });
  return notices;
}

/**
 * @param {string} sentence why it could not be opened
 * @returns {Notice}
 */
export function refusedNotice(sentence) {
  return { key: "passed-over", kind: "error", title: phrase("keeping.refused"), text: sentence };
}
