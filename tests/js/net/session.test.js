import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { createSession } from "../../../static/js/net/session.js";
import { readRecord } from "../../../static/js/net/tab-record.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";
import { frameBytes, pictureOf } from "../support/frames.js";
import { FakeSocket } from "../support/socket.js";
import { welcome } from "../support/welcome.js";

/** @import { Greeting } from "../../../static/js/net/session.js" */

const VIEWS = [
  { view: "map", unit: null, resolution: 100 },
  { view: "tiles" },
  { view: "parameters" },
  { view: "scores" },
];

/**
 * @param {string[]} [log]
 * @param {Partial<Parameters<typeof createSession>[0]>} [more]
 */
function start(log = [], more = {}) {
  const session = createSession({
    catalog: CATALOG,
    url: "ws://host/ws",
    frameRate: () => 20,
    openSocket: FakeSocket.open,
    now: () => 0,
    ...more,
  });
  session.on("event", (event) => log.push(event.type));
  session.on("frame", () => log.push("frame"));
  session.on("fault", (error) => assert.fail(String(error)));
  session.watch(VIEWS);
  FakeSocket.latest().accept();
  return session;
}

beforeEach(() => {
  FakeSocket.opened = [];
  // The store tells its listeners on animation frames, which only browsers have.
  globalThis.requestAnimationFrame = () => 0;
  mock.timers.enable({ apis: ["setTimeout"] });
});

afterEach(() => mock.timers.reset());

/** @param {string} type */
const sent = (type) =>
  /** @type {Record<string, any>[]} */ (FakeSocket.latest().sent).filter((command) => command.type === type);

const HELLO = { type: "hello", protocol: 2, encoding: "plain", language: "en" };

test("it says hello, and after the welcome what it wants to see", () => {
  start();
  assert.deepEqual(sent("hello"), [HELLO]);

  FakeSocket.latest().tell(welcome(1));

  assert.deepEqual(sent("watch"), [{ type: "watch", views: VIEWS, frame_rate: 20, hidden: false }]);
});

test("for a file it asks for the parameters in full, until they come or the line breaks", async () => {
  const session = start();
  FakeSocket.latest().tell(welcome(1));
  const parameters = () => session.runData.views.parameters?.exact;
  const asked = session.exact();
  mock.timers.tick(100);
  const inFull = { view: "parameters", exact: true };
  assert.deepEqual(sent("watch").at(-1)?.views, [
    ...VIEWS.filter(({ view }) => view !== "parameters"),
    inFull,
  ]);

  FakeSocket.latest().show(frameBytes({ about: { frame: "1" } }));
  FakeSocket.latest().show(frameBytes({ about: { frame: "2" }, exact: [0.1, 0.2, 0.3] }));
  await asked;
  mock.timers.tick(100);

  assert.deepEqual(parameters(), Float64Array.of(0.1, 0.2, 0.3));
  assert.deepEqual(sent("watch").at(-1)?.views, VIEWS);
  const broken = session.exact();
  FakeSocket.latest().close();
  await broken;
  await session.exact();
});

const REFUSAL = { type: "error", code: "invalid", message: "No.", field: null };

test("it begins with the address until that is answered, and without it if the server refuses it", () => {
  /** @type {Greeting} */
  const beginning = { address: "a=b", own_points: { points: [[1, 2, 0]], point_classes: 3 } };
  start([], { beginning: () => beginning });
  FakeSocket.latest().drop();
  mock.timers.tick(30_000);
  FakeSocket.latest().accept();
  assert.deepEqual(sent("hello"), [{ ...HELLO, ...beginning }]);

  FakeSocket.latest().tell(REFUSAL);
  FakeSocket.latest().tell(REFUSAL);

  // The own points may be what is refused.
  assert.deepEqual(sent("hello").slice(1), [{ ...HELLO, address: "a=b" }, HELLO]);
});

test("after a lost line it begins with what was asked for, else with what was confirmed, else with the address", () => {
  const session = start([], { beginning: () => ({ address: "a=b" }) });
  FakeSocket.latest().tell(welcome(1));
  session.change({ "data.seed": 7 });
  FakeSocket.latest().drop();
  mock.timers.tick(30_000);
  FakeSocket.latest().accept();
  for (let count = 0; count < 3; count++) FakeSocket.latest().tell(REFUSAL);

  assert.deepEqual(sent("hello"), [
    { ...HELLO, experiment: EXPERIMENT, changes: { "data.seed": 7 } },
    { ...HELLO, experiment: EXPERIMENT },
    { ...HELLO, address: "a=b" },
    HELLO,
  ]);
});

test("quick changes are sent seldom, and the last one always", () => {
  const session = start();
  FakeSocket.latest().tell(welcome(1));

  for (const rate of [0.1, 0.2, 0.3]) {
    session.change({ "training.learning_rate": rate });
  }
  mock.timers.tick(100);

  const rates = sent("configure").map((command) => command.changes["training.learning_rate"]);
  assert.deepEqual(rates, [0.1, 0.3]);
  assert.equal(session.store.get().wanted.training.learning_rate, 0.3);
});

test("a refused change goes back", () => {
  const session = start();
  FakeSocket.latest().tell(welcome(1));
  session.change({ "data.samples": 1e9 });
  const { id } = sent("configure")[0] ?? {};

  FakeSocket.latest().tell({ type: "error", code: "invalid", message: "No.", field: "data.samples", id });

  assert.equal(session.store.get().wanted.data.samples, 500);
});

test("frames are acknowledged once, after drawing, also those of an earlier start", () => {
  /** @type {string[]} */
  const log = [];
  const session = start(log);
  FakeSocket.latest().tell(welcome(2));

  FakeSocket.latest().show(frameBytes({ about: { frame: "1", run: "1" } }));
  FakeSocket.latest().show(frameBytes({ about: { frame: "2", run: "2" } }));
  assert.deepEqual(sent("ack"), []);
  session.acknowledge();
  session.acknowledge();

  assert.deepEqual(sent("ack"), [{ type: "ack", frame: 2 }]);
  assert.equal(session.runData.latest?.run, 2);
});

test("after a lost line it begins anew with the same experiment, whatever the number of the run", () => {
  const session = start();
  FakeSocket.latest().tell(welcome(9));
  FakeSocket.latest().show(frameBytes({ about: { frame: "1", run: "9" } }));
  session.change({ "training.learning_rate": 0.3 });

  FakeSocket.latest().drop();
  assert.equal(session.store.get().connection, "reconnecting");
  mock.timers.tick(10_000);
  FakeSocket.latest().accept();
  FakeSocket.latest().tell(welcome(1));
  FakeSocket.latest().show(frameBytes({ about: { frame: "1", run: "1" } }));

  assert.equal(sent("hello")[0]?.changes["training.learning_rate"], 0.3);
  assert.equal(session.store.get().connection, "open");
  assert.equal(session.runData.run, 1);
  assert.deepEqual(session.runData.views.parameters, pictureOf().views.parameters);
});

test("a changed setting while the line is lost changes nothing", () => {
  const session = start();

  session.change({ "training.learning_rate": 0.3 });

  assert.equal(session.store.get().wanted, EXPERIMENT);
});

test("a run that has ended says so until a parameter is set by hand", () => {
  /** @type {string[]} */
  const log = [];
  const session = start(log);
  FakeSocket.latest().tell(welcome(1));

  FakeSocket.latest().tell({ type: "stopped", epoch: 50, step: 500, message: "Done.", id: null });
  const { ended } = session.store.get();
  session.setParameter({ layer: 2, unit: 1, input: "bias" }, 0.5);

  assert.deepEqual(ended, { kind: "stopped", epoch: 50, message: "Done." });
  assert.ok(log.includes("stopped"));
  assert.deepEqual(sent("set_parameter"), [
    { type: "set_parameter", layer: 2, unit: 1, input: "bias", value: 0.5 },
  ]);
  assert.equal(session.store.get().ended, null);
});

test("a change that waits is sent before the next command", () => {
  const session = start();
  FakeSocket.latest().tell(welcome(1));
  const rate = (/** @type {number} */ value) => session.change({ "training.learning_rate": value });

  rate(0.1);
  rate(0.2);
  session.send({ type: "play", epochs_per_second: null });
  mock.timers.tick(1000);

  const commands = /** @type {Record<string, any>[]} */ (FakeSocket.latest().sent)
    .filter(({ type }) => type === "configure" || type === "play")
    .map(({ type, changes }) => changes?.["training.learning_rate"] ?? type);
  assert.deepEqual(commands, [0.1, 0.2, "play"]);
});

test("with what was learned kept, another shape goes on with its losses", () => {
  const session = start();
  FakeSocket.latest().tell(welcome(1));
  FakeSocket.latest().show(frameBytes({ about: { run: "1", epoch: "2" }, epochs: [0, 1, 2] }));
  session.store.update((state) => ({ ...state, keep: true }));
  session.change({ "network.hidden": [4, 3] });

  assert.equal(sent("configure").at(-1)?.keep, true);
  const grown = { ...EXPERIMENT, network: { ...EXPERIMENT.network, hidden: [4, 3] } };
  const event = { type: "configured", id: 1, experiment: grown, reset: false, changed: ["network.hidden"] };
  FakeSocket.latest().tell({ ...event, kept: true, run: 2 });
  assert.equal(session.runData.losses.train.length, 3);
  assert.equal(session.runData.epoch, 2);
  assert.equal(session.store.get().marks[0]?.epoch, 2);

  FakeSocket.latest().tell({ ...event, kept: false, reset: true, run: 3 });
  assert.equal(session.runData.losses.train.length, 0);
});

// Coming back

/** A storage that lasts as long as the test. */
function storage() {
  /** @type {Map<string, string>} */
  const items = new Map();
  return {
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void items.set(key, value),
    removeItem: (/** @type {string} */ key) => void items.delete(key),
  };
}

/**
 * @param {string} token
 * @param {number} epoch
 * @param {number} [lineage]
 */
const checkpoint = (token, epoch, lineage = 1) => ({
  type: "checkpoint",
  token,
  epoch,
  lineage,
  whole: true,
});

/**
 * @param {number[]} epochs
 * @param {number} [run]
 */
function show(epochs, run = 1) {
  const about = { run: String(run), lineage: "1", epoch: String(epochs.at(-1) ?? 0) };
  FakeSocket.latest().show(frameBytes({ about, epochs }));
}

function comeBack() {
  FakeSocket.latest().drop();
  mock.timers.tick(1000);
  FakeSocket.latest().accept();
}

test("a token is kept as soon as its epoch has been seen, and said hello with", () => {
  const getStorage = storage();
  const session = start([], { getStorage: () => getStorage, address: () => "#a=b" });
  FakeSocket.latest().tell(welcome(1));
  show([0, 1, 2]);
  FakeSocket.latest().tell(checkpoint("seen", 2));
  FakeSocket.latest().tell(checkpoint("ahead", 5));
  assert.equal(readRecord(() => getStorage)?.token, "seen");

  comeBack();
  assert.deepEqual(sent("hello"), [
    { type: "hello", protocol: 2, encoding: "plain", language: "en", resume: "seen" },
  ]);
  FakeSocket.latest().tell(welcome(1, { recovered: true }));
  FakeSocket.latest().tell(checkpoint("ahead", 5));
  show([3, 4, 5]);

  assert.equal(readRecord(() => getStorage)?.token, "ahead");
  assert.equal(readRecord(() => getStorage)?.address, "#a=b");
  assert.equal(session.runData.losses.train.length, 6);
});

test("the curves go on where they were when the same session goes on", () => {
  const session = start();
  FakeSocket.latest().tell(welcome(1));
  show([0, 1, 2, 3]);
  FakeSocket.latest().tell(checkpoint("token", 3));
  comeBack();

  FakeSocket.latest().tell(welcome(1, { recovered: true }, { state: { playing: true, epoch: 9 } }));
  assert.equal(session.runData.losses.train.length, 4);
  assert.equal(session.store.get().playing, true);
  show([2, 3, 4, 5]);

  assert.equal(session.runData.losses.train.length, 6);
  assert.ok(!Number.isNaN(session.runData.losses.train.at(4)));
});

test("they go back to the token's epoch when the run goes on from there", () => {
  const session = start();
  FakeSocket.latest().tell(welcome(1));
  show([0, 1, 2]);
  FakeSocket.latest().tell(checkpoint("token", 2));
  show([3, 4, 5, 6]);
  comeBack();

  FakeSocket.latest().tell(welcome(1, {}, { state: { playing: true, epoch: 2 } }));

  assert.equal(session.runData.losses.train.length, 3);
  assert.equal(session.runData.epoch, 2);
});

test("after a refused token the experiment begins anew, and nothing that was wanted is lost", () => {
  const getStorage = storage();
  const session = start([], { getStorage: () => getStorage });
  FakeSocket.latest().tell(welcome(1));
  show([0]);
  FakeSocket.latest().tell(checkpoint("token", 0));
  session.change({ "training.learning_rate": 0.3 });
  comeBack();
  assert.equal(sent("hello")[0]?.resume, "token");

  FakeSocket.latest().tell({ type: "error", code: "resume-forged", message: "Changed.", field: "resume" });
  FakeSocket.latest().drop(4409);
  mock.timers.tick(30_000);
  FakeSocket.latest().accept();

  const [hello] = sent("hello");
  assert.equal(hello?.resume, undefined);
  assert.equal(hello?.changes["training.learning_rate"], 0.3);
  assert.equal(
    readRecord(() => getStorage),
    null,
  );
});

/** @param {string} code of the refusal of the token that the visit begins with */
function refused(code) {
  const getStorage = storage();
  const first = start([], { getStorage: () => getStorage });
  FakeSocket.latest().tell(welcome(1));
  show([0, 1, 2]);
  FakeSocket.latest().tell(checkpoint("token", 2));
  first.save();
  const session = start([], { getStorage: () => getStorage, record: readRecord(() => getStorage) });
  FakeSocket.latest().tell({ type: "error", code, message: "No.", field: "resume" });
  FakeSocket.latest().drop(4409);
  mock.timers.tick(30_000);
  FakeSocket.latest().accept();
  FakeSocket.latest().tell(welcome(7));
  return { session, token: () => readRecord(() => getStorage)?.token };
}

/** @param {number[]} epochs of the first run of another session */
const showAnew = (epochs) =>
  FakeSocket.latest().show(frameBytes({ about: { run: "7", lineage: "7", epoch: "0" }, epochs }));

test("a refused token that may be good later is kept until another run has trained", () => {
  for (const code of ["resume-expired", "resume-engine", "resume-version"]) {
    const { session, token } = refused(code);
    assert.equal(sent("hello")[0]?.resume, undefined);
    showAnew([0]);
    FakeSocket.latest().tell({ ...checkpoint("anew", 0), lineage: 7 });
    session.save();
    assert.equal(token(), "token", code);

    showAnew([1]);
    FakeSocket.latest().tell({ ...checkpoint("trained", 1), lineage: 7 });
    assert.equal(token(), "trained", code);
  }
});

test("a refused token that can never be good is forgotten at once", () => {
  for (const code of ["resume-forged", "resume-malformed", "resume-gone"])
    assert.equal(refused(code).token(), undefined, code);
});

test("a goodbye is said with its code, and the tab forgets the run", () => {
  const getStorage = storage();
  const session = start([], { getStorage: () => getStorage });
  FakeSocket.latest().tell(welcome(1));
  show([0]);
  FakeSocket.latest().tell(checkpoint("token", 0));

  session.close();

  assert.equal(FakeSocket.latest().closedWith, 1000);
  assert.equal(
    readRecord(() => getStorage),
    null,
  );
});

test("what was asked for while the line broke is asked for again", () => {
  const session = start();
  FakeSocket.latest().tell(welcome(1));
  show([0]);
  FakeSocket.latest().tell(checkpoint("token", 0));
  session.change({ "training.learning_rate": 0.3 });
  comeBack();

  FakeSocket.latest().tell(welcome(1, { recovered: true }));

  assert.deepEqual(
    sent("configure").map((command) => command.changes["training.learning_rate"]),
    [0.3],
  );
});

test("a visit begins with what an earlier one has kept, to the last bit", () => {
  const getStorage = storage();
  const options = { getStorage: () => getStorage, address: () => "#x" };
  const first = start([], options);
  FakeSocket.latest().tell(welcome(1));
  show([0, 1, 2, 3]);
  FakeSocket.latest().tell(checkpoint("token", 3));
  first.store.update((state) => ({ ...state, speed: 5 }));
  first.save();

  const second = start([], { ...options, record: readRecord(() => getStorage) });

  assert.equal(sent("hello")[0]?.resume, "token");
  assert.equal(second.store.get().speed, 5);
  FakeSocket.latest().tell(welcome(1, { recovered: true }, { state: { playing: false, epoch: 3 } }));
  for (const epoch of [0, 1, 2, 3])
    assert.equal(second.runData.losses.train.at(epoch), first.runData.losses.train.at(epoch));
});

test("a server that speaks another protocol stops the line, and only a reload helps", () => {
  const session = start();

  FakeSocket.latest().tell({ type: "error", code: "protocol", message: "No.", field: "protocol" });
  mock.timers.tick(600_000);

  assert.equal(FakeSocket.opened.length, 1);
  assert.equal(session.store.get().trouble?.reason, "reload");
});

test("a page that nobody sees says so, and acknowledges what it does not draw", () => {
  let hidden = false;
  const session = start([], { isHidden: () => hidden });
  FakeSocket.latest().tell(welcome(1));
  FakeSocket.latest().show(frameBytes({ about: { frame: "1", run: "1" }, epochs: [0] }));
  session.acknowledge();
  mock.timers.tick(100);

  hidden = true;
  session.watch();
  FakeSocket.latest().show(frameBytes({ about: { frame: "2", run: "1" }, epochs: [1, 2], hidden: true }));

  assert.equal(sent("watch").at(-1)?.hidden, true);
  assert.deepEqual(
    sent("ack").map(({ frame }) => frame),
    [1, 2],
  );
  assert.equal(session.runData.losses.train.length, 3);
  assert.deepEqual([...(session.runData.latest?.losses.epochs ?? [])], [0]);
});

test("a frame that the browser does not draw is acknowledged even so, later", () => {
  start();
  FakeSocket.latest().tell(welcome(1));
  FakeSocket.latest().show(frameBytes({ about: { frame: "1", run: "1" } }));

  mock.timers.tick(999);
  assert.deepEqual(sent("ack"), []);
  mock.timers.tick(1);
  assert.deepEqual(sent("ack"), [{ type: "ack", frame: 1 }]);
});
