import "../../support/language.js";
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { createVisuals } from "../../../../static/js/app/panels/visuals.js";
import { createSession } from "../../../../static/js/net/session.js";
import { CATALOG } from "../../support/catalog.js";
import { frameBytes } from "../../support/frames.js";
import { FakeSocket } from "../../support/socket.js";
import { welcome } from "../../support/welcome.js";

/** @import { Panel } from "../../../../static/js/app/panels/panels.js" */
/** @import { State } from "../../../../static/js/types/app.js" */

/** @type {((time: number) => void)[]} asked for by the page, and not called yet */
let callbacks = [];

/** @param {number} [time] */
function animate(time = 0) {
  for (const callback of callbacks.splice(0)) callback(time);
}

beforeEach(() => {
  callbacks = [];
  FakeSocket.opened = [];
  globalThis.requestAnimationFrame = (callback) => callbacks.push(callback);
  mock.timers.enable({ apis: ["setTimeout"] });
});

afterEach(() => mock.timers.reset());

/** A connected page with one panel, which shows the norms of the parameters, and confusion tables with the test samples. */
function start() {
  /** @type {unknown[]} */
  const log = [];
  /** @type {Panel} */
  const norms = {
    wants: ({ showTest }) => [{ view: "norms", power: 2 }, ...(showTest ? [{ view: "confusion" }] : [])],
    follows: ({ discretize }) => discretize,
    create: () => ({
      update: ({ discretize }) => log.push(discretize ? "coarse" : "fine"),
      draw({ views }, _state, _time, force) {
        const { norms } = /** @type {{ norms?: { values: Float64Array } }} */ (views);
        if (norms) log.push([...norms.values, force]);
      },
    }),
  };
  const session = createSession({
    catalog: CATALOG,
    url: "ws://host/ws",
    frameRate: () => 20,
    openSocket: FakeSocket.open,
    now: () => 0,
  });
  session.on("fault", (error) => assert.fail(String(error)));
  const watch = mock.fn(session.watch);
  const root = { dataset: /** @type {Record<string, string>} */ ({}) };
  const options = {
    root,
    catalog: CATALOG,
    session: Object.create(session, { watch: { value: watch } }),
    settings: { counter: { draw() {} } },
    theme: { palettes: {}, on: () => () => {} },
    panels: [norms],
  };
  const visuals = createVisuals(/** @type {any} */ (options));
  FakeSocket.latest().accept();
  const playing = { playing: true, epochs_per_second: null, reason: "reset", epoch: 0, step: 0 };
  FakeSocket.latest().tell(welcome(1, {}, { state: playing }));
  while (callbacks.length > 0) animate();
  const update = (/** @type {Partial<State>} */ parts) => {
    session.store.update((state) => ({ ...state, ...parts }));
    session.store.flush();
  };
  return {
    visuals,
    root,
    log,
    update,
    watched: () => watch.mock.calls.map(({ arguments: [views] }) => views),
  };
}

/**
 * @param {number} number
 * @param {number[]} norms
 */
const show = (number, norms) =>
  FakeSocket.latest().show(
    frameBytes({ about: { frame: String(number), run: "1" }, more: { "norms/values": norms } }),
  );

/** @param {string} type */
const sent = (type) =>
  /** @type {Record<string, unknown>[]} */ (FakeSocket.latest().sent).filter(
    (command) => command.type === type,
  );

test("what a panel wants to watch reaches the session and the server, and is sent again when it changes", () => {
  const { update, watched } = start();
  update({ logScale: true });
  assert.deepEqual(watched(), [[{ view: "norms", power: 2 }]]);
  assert.deepEqual(
    sent("watch").map(({ views }) => views),
    watched(),
  );

  update({ showTest: true });
  mock.timers.tick(100);

  assert.deepEqual(watched().at(-1), [{ view: "norms", power: 2 }, { view: "confusion" }]);
  assert.deepEqual(sent("watch").at(-1)?.views, watched().at(-1));
});

test("a panel is drawn with the newest arrays of its view, once per animation frame", () => {
  const { log, root } = start();
  assert.deepEqual(log, ["fine"]);

  show(1, [1, 2]);
  show(2, [3, 4]);
  assert.deepEqual(sent("ack"), []);
  animate();
  assert.deepEqual(log.slice(1), [[3, 4, false]]);
  assert.deepEqual(sent("ack"), [{ type: "ack", frame: 2 }]);
  assert.equal(root.dataset.frames, "1");

  animate();
  assert.equal(log.length, 2);
});

test("a panel is updated when what it follows changes, and then has to be drawn", () => {
  const { log, update } = start();
  show(1, [1, 2]);
  animate();
  assert.deepEqual(log, ["fine", [1, 2, false]]);

  update({ logScale: true });
  animate();
  assert.equal(log.length, 2);
  update({ discretize: true });
  animate();

  assert.deepEqual(log.slice(2), ["coarse", [1, 2, true]]);
});

test("after a run was drawn, its epoch and its test loss are reported", () => {
  const { visuals } = start();
  /** @type {number[][]} */
  const reports = [];
  visuals.on("drawn", (...numbers) => reports.push(numbers));

  animate(5);
  assert.deepEqual(reports, []);
  show(1, [1]);
  animate(20);

  assert.deepEqual(reports, [[13, 0.2, 20]]);
});

test("when training starts nothing is drawn before its first frame, and everything when it ends", () => {
  const { log } = start();
  const turn = (/** @type {boolean} */ playing) => {
    const state = {
      playing,
      epochs_per_second: 60,
      reason: playing ? "played" : "paused",
      epoch: 0,
      step: 0,
    };
    FakeSocket.latest().tell({ type: "state", run: 1, ...state });
    while (callbacks.length > 0) animate();
  };
  show(1, [1]);
  animate();

  turn(false);
  assert.deepEqual(log.slice(1), [
    [1, false],
    [1, true],
  ]);
  turn(true);
  assert.equal(log.length, 3);
});
