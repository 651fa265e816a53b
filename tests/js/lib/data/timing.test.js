import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, throttle } from "../../../../static/js/lib/data/timing.js";

test("the first value goes at once, the last one always, and those between not", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {number[]} */
  const calls = [];
  const throttled = throttle((/** @type {number} */ value) => calls.push(value), 100);

  for (const value of [1, 2, 3]) throttled.push(value);
  assert.deepEqual(calls, [1]);
  context.mock.timers.tick(100);
  assert.deepEqual(calls, [1, 3]);
  context.mock.timers.tick(100);
  throttled.push(4);
  assert.deepEqual(calls, [1, 3, 4]);
});

test("what waits can be had at once, and the pause begins anew", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {number[]} */
  const calls = [];
  const throttled = throttle((/** @type {number} */ value) => calls.push(value), 100);

  throttled.flush();
  throttled.push(1);
  throttled.push(2);
  throttled.flush();
  assert.deepEqual(calls, [1, 2]);
  throttled.flush();
  throttled.push(3);
  context.mock.timers.tick(99);
  assert.deepEqual(calls, [1, 2]);
  context.mock.timers.tick(1);

  assert.deepEqual(calls, [1, 2, 3]);
});

test("what is cancelled does not come", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {number[]} */
  const calls = [];
  const throttled = throttle((/** @type {number} */ value) => calls.push(value), 100);

  throttled.push(1);
  throttled.push(2);
  throttled.cancel();
  context.mock.timers.tick(1000);

  assert.deepEqual(calls, [1]);
});

test("waits are random below a ceiling that doubles up to a limit", () => {
  assert.equal(
    backoff(0, 500, 8000, () => 1),
    500,
  );
  assert.equal(
    backoff(2, 500, 8000, () => 1),
    2000,
  );
  assert.equal(
    backoff(40, 500, 8000, () => 1),
    8000,
  );
  assert.equal(
    backoff(3, 500, 8000, () => 0),
    0,
  );
});
