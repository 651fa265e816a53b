import assert from "node:assert/strict";
import { test } from "node:test";
import { createEmitter } from "../../../../static/js/lib/data/emitter.js";

/** @import { Emitter } from "../../../../static/js/lib/data/emitter.js" */

test("listeners get the values of the events they have subscribed to, until they unsubscribe", () => {
  /** @type {Emitter<{ moved: (x: number, y: number) => void, ended: () => void }>} */
  const { on, emit } = createEmitter();
  /** @type {unknown[]} */
  const log = [];
  const stop = on("moved", (x, y) => log.push([x, y]));
  on("moved", (x) => log.push(x));
  emit("ended");

  emit("moved", 1, 2);
  stop();
  emit("moved", 3, 4);

  assert.deepEqual(log, [[1, 2], 1, 3]);
});

test("a listener that unsubscribes while it is called does not keep others from being called", () => {
  /** @type {Emitter<{ moved: () => void }>} */
  const { on, emit } = createEmitter();
  /** @type {string[]} */
  const log = [];
  const stop = on("moved", () => {
    log.push("once");
    stop();
  });
  on("moved", () => log.push("each time"));

  emit("moved");
  emit("moved");

  assert.deepEqual(log, ["once", "each time", "each time"]);
});
