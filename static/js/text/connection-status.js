/** The status of the connection in words: why there is none, and what the person can do. */

/**
 * @import { State } from "../types/app.js"
 */

import { phrase } from "../lib/text/i18n.js";

/** Reasons with their own sentence; others are described as a lost connection. */
const WITH_SENTENCE = new Set([
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

/** Labels of the button for a final close, by reason. */
const OFFERS = new Map([
  ["taken-over", "line.use-here"],
  ["forbidden", "line.reload-page"],
  ["reload", "line.reload-page"],
]);

/**
 * @param {Pick<State, "connection" | "trouble">} state
 * @returns {{ reason: string, text: string, offer: string }} all empty while connected
 */
export function connectionStatus({ connection, trouble }) {
  if (connection === "open" || trouble === null) return { reason: "", text: "", offer: "" };
  const { reason, message } = trouble;
  const text = WITH_SENTENCE.has(reason) ? phrase(`line.${reason}`) : message || phrase("line.lost");
  if (connection !== "stopped") return { reason, text, offer: "" };
  return { reason, text, offer: phrase(OFFERS.get(reason) ?? "line.go-on") };
}

/**
 * Whether only a reload of the page helps.
 * @param {Pick<State, "trouble">} state
 * @returns {boolean}
 */
export function offersReload({ trouble }) {
  return trouble !== null && OFFERS.get(trouble.reason) === "line.reload-page";
}
