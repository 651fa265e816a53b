import assert from "node:assert/strict";
import { test } from "node:test";
import "../support/language.js";
import { lineOf, offersReload } from "../../../static/js/text/connection-status.js";

test("while all is well there is nothing to say", () => {
  assert.deepEqual(lineOf({ connection: "open", trouble: null }), { reason: "", words: "", offer: "" });
  assert.deepEqual(lineOf({ connection: "connecting", trouble: null }), { reason: "", words: "", offer: "" });
});

test("a line that comes back by itself offers nothing", () => {
  for (const reason of ["lost", "restarting", "full", "too-many", "slow", "resume", "unread", "reopened"]) {
    const { words, offer } = lineOf({ connection: "reconnecting", trouble: { reason, message: "" } });
    assert.notEqual(words, "", reason);
    assert.equal(offer, "");
  }
});

test("a line that does not says why and offers the way on", () => {
  /** @param {string} reason */
  const told = (reason) => lineOf({ connection: "stopped", trouble: { reason, message: "" } });

  assert.match(told("taken-over").words, /another tab/);
  assert.equal(told("taken-over").offer, "Use it here");
  assert.equal(told("idle").offer, "Go on");
  assert.equal(told("age").offer, "Go on");
  assert.equal(told("reload").offer, "Reload");
  assert.equal(offersReload({ trouble: { reason: "reload", message: "" } }), true);
  assert.equal(offersReload({ trouble: { reason: "taken-over", message: "" } }), false);
});

test("an unknown reason is told in the server's words, or as a lost line", () => {
  const unknown = { reason: "tea-time", message: "The server has tea." };
  assert.equal(lineOf({ connection: "reconnecting", trouble: unknown }).words, "The server has tea.");
  const mute = { reason: "tea-time", message: "" };
  assert.match(lineOf({ connection: "reconnecting", trouble: mute }).words, /does not answer/);
});
