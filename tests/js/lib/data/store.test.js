import assert from "node:assert/strict";
import { test } from "node:test";
import { createStore } from "../../../../static/js/lib/data/store.js";

/** @returns {{ schedule: (callback: () => void) => void, run: () => void, count: () => number }} */
function createFrames() {
  /** @type {(() => void)[]} */
  let waiting = [];
  let count = 0;
  return {
    schedule(callback) {
      waiting.push(callback);
      count += 1;
    },
    run() {
      const callbacks = waiting;
      waiting = [];
      for (const callback of callbacks) callback();
    },
    count: () => count,
  };
}

test("a listener hears the present value at once and changes once a frame", () => {
  const frames = createFrames();
  const store = createStore({ a: 1, b: 1 }, frames.schedule);
  /** @type {number[]} */
  const heard = [];
  store.subscribe(
    ({ a }) => a,
    (a) => heard.push(a),
  );

  store.update((state) => ({ ...state, a: 2 }));
  store.update((state) => ({ ...state, a: 3 }));
  assert.deepEqual(heard, [1]);
  frames.run();

  assert.deepEqual(heard, [1, 3]);
  assert.equal(frames.count(), 1);
});

test("a listener does not hear what it did not ask for", () => {
  const frames = createFrames();
  const store = createStore({ a: 1, b: 1 }, frames.schedule);
  let calls = 0;
  store.subscribe(
    ({ a, b }) => [a, b > 5],
    () => {
      calls += 1;
    },
  );

  store.update((state) => ({ ...state, b: 2 }));
  frames.run();
  assert.equal(calls, 1);
  store.update((state) => ({ ...state, b: 6 }));
  frames.run();
  assert.equal(calls, 2);
});

test("an unchanged value schedules nothing", () => {
  const frames = createFrames();
  const store = createStore({ a: 1 }, frames.schedule);

  store.update((state) => state);

  assert.equal(frames.count(), 0);
});

test("flush tells at once, and the frame then has nothing left to tell", () => {
  const frames = createFrames();
  const store = createStore({ a: 1 }, frames.schedule);
  /** @type {number[]} */
  const heard = [];
  store.subscribe(
    ({ a }) => a,
    (a) => heard.push(a),
  );

  store.update(() => ({ a: 2 }));
  store.flush();
  frames.run();

  assert.deepEqual(heard, [1, 2]);
});

test("a change made by a listener is told with the next frame", () => {
  const frames = createFrames();
  const store = createStore({ a: 1, b: 0 }, frames.schedule);
  store.subscribe(
    ({ a }) => a,
    (a) => store.update((state) => ({ ...state, b: a * 10 })),
  );
  /** @type {number[]} */
  const heard = [];
  store.subscribe(
    ({ b }) => b,
    (b) => heard.push(b),
  );

  frames.run();
  store.update((state) => ({ ...state, a: 2 }));
  frames.run();
  frames.run();

  assert.deepEqual(heard, [10, 20]);
});

test("who unsubscribes hears no more", () => {
  const frames = createFrames();
  const store = createStore({ a: 1 }, frames.schedule);
  let calls = 0;
  const leave = store.subscribe(
    ({ a }) => a,
    () => {
      calls += 1;
    },
  );

  leave();
  store.update(() => ({ a: 2 }));
  frames.run();

  assert.equal(calls, 1);
});
