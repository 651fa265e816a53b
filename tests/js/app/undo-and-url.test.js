import "../support/language.js";
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { createUndoAndUrl } from "../../../static/js/app/undo-and-url.js";
import { getField, withField } from "../../../static/js/model/experiment.js";
import { changedFields } from "../../../static/js/model/undo-stack.js";
import { createSession } from "../../../static/js/net/session.js";
import { EXPERIMENT } from "../support/catalog.js";
import { WHOLE } from "../support/fields.js";
import { FakeSocket } from "../support/socket.js";
import { welcome } from "../support/welcome.js";

/** @import { Experiment } from "../../../static/js/types/app.js" */

const PAGE = "https://host/play/";

/** A page whose address and Back button are at hand. */
class FakePage extends EventTarget {
  entries = [PAGE];
  at = 0;
  location = /** @type {Location} */ (/** @type {unknown} */ (new FakeLocation(this)));
  history = /** @type {History} */ (
    /** @type {unknown} */ ({
      pushState: (/** @type {null} */ _, /** @type {string} */ __, /** @type {string} */ url) => {
        this.entries = [...this.entries.slice(0, this.at + 1), url];
        this.at += 1;
      },
      replaceState: (/** @type {null} */ _, /** @type {string} */ __, /** @type {string} */ url) => {
        this.entries[this.at] = url;
      },
    })
  );

  /** @param {number} by */
  go(by) {
    this.at += by;
    this.dispatchEvent(new Event("popstate"));
  }
}

class FakeLocation {
  /** @param {FakePage} page */
  constructor(page) {
    this.page = page;
  }
  get href() {
    return /** @type {string} */ (this.page.entries[this.page.at]);
  }
  get hash() {
    return new URL(this.href).hash;
  }
}

function start() {
  const page = new FakePage();
  /** @type {string[]} */
  const told = [];
  let time = 0;
  const session = createSession({
    catalog: WHOLE,
    url: "ws://host/ws",
    frameRate: () => 20,
    openSocket: FakeSocket.open,
    now: () => 0,
  });
  session.on("fault", (error) => assert.fail(String(error)));
  const keeping = createUndoAndUrl({
    openers: {
      catalog: WHOLE,
      api: /** @type {any} */ ({}),
      points: { read: () => null, write: () => true },
    },
    session,
    page: /** @type {any} */ (page),
    show: ({ title }) => told.push(title),
    announce: (sentence) => told.push(sentence),
    now: () => (time += 10_000),
  });
  FakeSocket.latest().accept();
  FakeSocket.latest().tell(welcome(1, {}, { experiment: EXPERIMENT, address: "" }));
  session.store.flush();
  return { page, told, session, keeping };
}

/** @typedef {ReturnType<typeof start>} Started */

const commands = () => /** @type {Record<string, any>[]} */ (FakeSocket.latest().sent);
/**
 * The fields that differ from the default experiment, as the server writes them into the address.
 * @param {Experiment} experiment
 */
const addressOf = (experiment) =>
  changedFields(WHOLE, EXPERIMENT, experiment)
    .map((path) => `${path}=${getField(experiment, path)}`)
    .join("&");

/** Lets promises that need no server be kept. */
async function opened() {
  for (let turn = 0; turn < 10; turn++) await null;
}

const asked = () => commands().findLast(({ type }) => type === "configure");

/**
 * The server agrees to what it was asked last.
 * @param {Started} started
 */
function agree({ session }) {
  mock.timers.tick(200);
  const { id, experiment = session.store.get().wanted } = asked() ?? {};
  FakeSocket.latest().tell({
    type: "configured",
    id,
    experiment,
    address: addressOf(experiment),
    reset: true,
    kept: false,
    changed: [],
    run: 2,
  });
  session.store.flush();
}

/**
 * @param {Started} started
 * @param {string} path
 * @param {unknown} value
 */
function change(started, path, value) {
  started.session.change({ [path]: value });
  agree(started);
}

beforeEach(() => {
  FakeSocket.opened = [];
  globalThis.requestAnimationFrame = () => 0;
  mock.timers.enable({ apis: ["setTimeout"] });
});

afterEach(() => mock.timers.reset());

test("the address follows every change, and only another data set is a step for the Back button", () => {
  const started = start();
  const { page } = started;

  change(started, "data.noise", 0.1);
  change(started, "data.noise", 0.2);
  assert.deepEqual(page.entries, [`${PAGE}#data.noise=0.2`]);
  change(started, "data.dataset", "xor");
  change(started, "data.seed", 4);

  assert.deepEqual(page.entries, [
    `${PAGE}#data.noise=0.2`,
    `${PAGE}#data.dataset=xor&data.noise=0.2&data.seed=4`,
  ]);
});

test("back brings the experiment of the address, and adds no entry", async () => {
  const started = start();
  const { page } = started;
  change(started, "data.dataset", "xor");

  page.go(-1);
  await opened();
  agree(started);

  assert.equal(asked()?.experiment.data.dataset, "circle");
  assert.deepEqual(page.entries, [PAGE, `${PAGE}#data.dataset=xor`]);
  assert.equal(page.at, 0);
});

test("undo asks for the experiment before, redo for the one after, and both are told", () => {
  const started = start();
  const { keeping, session, page, told } = started;
  change(started, "data.seed", 1);
  change(started, "data.seed", 2);

  keeping.undo();
  agree(started);
  assert.equal(session.store.get().experiment.data.seed, 1);
  keeping.undo();
  keeping.undo();
  agree(started);
  assert.deepEqual(page.entries, [PAGE]);
  keeping.redo();
  agree(started);

  assert.equal(session.store.get().experiment.data.seed, 1);
  assert.equal(session.store.get().undoStack.future.length, 1);
  assert.equal(told.length, 3);
});

test("undo takes back what the server has not yet confirmed", () => {
  const started = start();
  started.session.change({ "data.seed": 9 });

  started.keeping.undo();
  agree(started);
  mock.timers.tick(200);

  assert.equal(asked()?.experiment.data.seed, 0);
  assert.deepEqual(started.session.store.get().undoStack.future[0], withField(EXPERIMENT, "data.seed", 9));
});

test("a change that the server refuses leaves no entry and no address", () => {
  const started = start();
  started.session.change({ "data.samples": 11 });
  mock.timers.tick(200);
  const id = asked()?.id;
  FakeSocket.latest().tell({ type: "error", code: "invalid", message: "No.", field: "data.samples", id });
  started.session.store.flush();

  assert.deepEqual(started.session.store.get().undoStack.past, []);
  assert.deepEqual(started.page.entries, [PAGE]);
});

test("an anchor within the page is no experiment: the address is put right", async () => {
  const started = start();
  const { page } = started;
  change(started, "data.seed", 5);
  page.history.pushState(null, "", `${PAGE}#playground`);

  page.go(0);
  await null;

  assert.equal(page.entries[1], `${PAGE}#data.seed=5`);
  assert.deepEqual(started.told, []);
});

/**
 * @param {Experiment} experiment
 * @param {number} count
 */
function opening(experiment, count) {
  const parameters = Array.from({ length: count }, (_, index) => index / 10);
  return { experiment, notes: [], misses_points: false, network: { parameters, epoch: 7, step: 70 } };
}

test("an opened network is set when the server has its experiment, in pieces that fit", () => {
  const started = start();
  const wide = withField(EXPERIMENT, "network.hidden", [64, 40]);
  started.keeping.open(opening(wide, 2833));
  assert.deepEqual(
    commands().filter(({ type }) => type === "set_parameters"),
    [],
  );

  agree(started);

  const sent = commands().filter(({ type }) => type === "reset" || type === "set_parameters");
  assert.deepEqual(
    sent.map(({ type, start: first, values }) => [type, first, values?.length]),
    [
      ["reset", undefined, undefined],
      ["set_parameters", 0, 2048],
      ["set_parameters", 2048, 785],
    ],
  );
  assert.deepEqual(sent[1]?.values.slice(0, 3), [0, 0.1, 0.2]);
  assert.equal(sent[2]?.values[0], 204.8);
  assert.equal(started.page.entries.length, 2);
});

test("a network whose experiment the server refuses is not set", () => {
  const started = start();
  started.keeping.open(opening(withField(EXPERIMENT, "data.samples", 11), 25));
  mock.timers.tick(200);
  const id = asked()?.id;

  FakeSocket.latest().tell({ type: "error", code: "invalid", message: "No.", field: "data.samples", id });
  started.session.store.flush();

  assert.deepEqual(
    commands().filter(({ type }) => type === "set_parameters"),
    [],
  );
});

test("a weight set by hand is taken back and done again, but not in another network", () => {
  const { keeping, session } = start();
  const sent = () => commands().filter(({ type }) => type === "set_parameter");
  const address = { layer: 0, unit: 1, input: /** @type {const} */ ("bias") };

  keeping.setParameter(address, 3, 0.10000000149011612);
  keeping.undo();
  keeping.redo();
  assert.deepEqual(
    sent().map(({ value }) => value),
    [3, 0.1, 3],
  );
  assert.equal(sent()[1]?.input, "bias");

  session.store.update((state) => ({ ...state, run: state.run + 1 }));
  keeping.undo();
  assert.equal(sent().length, 3);
  assert.deepEqual(session.store.get().undoStack.past, []);
});
