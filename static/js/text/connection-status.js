/** Why there is no connection, in words, and what can be done about it. */

/**
 * @import { State } from "../types/app.js"
 */

import { phrase } from "../lib/text/i18n.js";

/** Reasons that have a sentence of their own; any other is described as a lost connection. */
const TOLD = new Set([
  "restarting",
  "full",
  "too-many",
  "slow",
  "resume",
  "unread",
  "reopened",
  "taken-over",
  "idle",
  "age",
  "forbidden",
  "reload",
]);

/** What helps against an end that is final, by reason. */
const OFFERS = new Map([
  ["taken-over", "line.use-here"],
  ["forbidden", "line.reload-page"],
  ["reload", "line.reload-page"],
]);

/**
 * @param {Pick<State, "connection" | "trouble">} state
 * @returns {{ reason: string, words: string, offer: string }} all empty while all is well
 */
export function lineOf({ connection, trouble }) {
  if (connection === "open" || trouble === null) return { reason: "", words: "", offer: "" };
  const { reason, message } = trouble;
  const words = TOLD.has(reason) ? phrase(`line.${reason}`) : message || phrase("line.lost");
  if (connection !== "stopped") return { reason, words, offer: "" };
  return { reason, words, offer: phrase(OFFERS.get(reason) ?? "line.go-on") };
}

/**
 * Whether only a reload of the page helps.
 * @param {Pick<State, "trouble">} state
 * @returns {boolean}
 */
export function offersReload({ trouble }) {
  return trouble !== null && OFFERS.get(trouble.reason) === "line.reload-page";
}
