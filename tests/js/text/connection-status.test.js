import assert from "node:assert/strict";
import { test } from "node:test";
import "../support/language.js";
import { connectionStatus, offersReload } from "../../../static/js/text/connection-status.js";

test("while all is well there is nothing to say", () => {
  assert.deepEqual(connectionStatus({ connection: "open", trouble: null }), {
    reason: "",
    text: "",
    offer: "",
  });
  assert.deepEqual(connectionStatus({ connection: "connecting", trouble: null }), {
    reason: "",
    text: "",
    offer: "",
  });
});

test("a line that comes back by itself offers nothing", () => {
  for (const reason of ["lost", "restarting", "full", "too-many", "slow", "resume", "unread", "reopened"]) {
    const { text, offer } = connectionStatus({
      connection: "reconnecting",
      trouble: { reason, message: "" },
    });
    assert.notEqual(text, "", reason);
    assert.equal(offer, "");
  }
});

test("a line that does not says why and offers the way on", () => {
  /** @param {string} reason */
  const told = (reason) => connectionStatus({ connection: "stopped", trouble: { reason, message: "" } });

  assert.match(told("taken-over").text, /another tab/);
  assert.equal(told("taken-over").offer, "Use it here");
  assert.equal(told("idle").offer, "Go on");
  assert.equal(told("age").offer, "Go on");
  assert.equal(told("reload").offer, "Reload");
  assert.equal(offersReload({ trouble: { reason: "reload", message: "" } }), true);
  assert.equal(offersReload({ trouble: { reason: "taken-over", message: "" } }), false);
});

test("an unknown reason is told in the server's text, or as a lost line", () => {
  const unknown = { reason: "tea-time", message: "The server has tea." };
  assert.equal(
    connectionStatus({ connection: "reconnecting", trouble: unknown }).text,
    "The server has tea.",
  );
  const mute = { reason: "tea-time", message: "" };
  assert.match(connectionStatus({ connection: "reconnecting", trouble: mute }).text, /does not answer/);
});
