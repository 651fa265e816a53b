import assert from "node:assert/strict";
import { test } from "node:test";
import { createNotifications } from "../../../static/js/app/notifications.js";
import { createEmitter } from "../../../static/js/lib/data/emitter.js";
import { createStore } from "../../../static/js/lib/data/store.js";
import { initialState } from "../../../static/js/model/state.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";
import "../support/language.js";

/** @import { Ended, ServerEvent, State } from "../../../static/js/types/app.js" */
/** @import { Emitter } from "../../../static/js/lib/data/emitter.js" */
/** @import { Notice, NotificationOptions } from "../../../static/js/app/notifications.js" */

/** @param {Partial<State>} [parts] */
function start(parts = {}) {
  /** @type {Map<string, Notice>} */
  const shown = new Map();
  /** @type {string[]} */
  const log = [];
  /** @type {Record<string, unknown>[]} */
  const changes = [];
  /** @type {Emitter<Record<string, (...values: any[]) => void>>} of session, commands and visuals */
  const { on, emit } = createEmitter();
  const store = createStore({ ...initialState(CATALOG), ...parts }, (flush) => flush());
  const options = {
    catalog: CATALOG,
    session: {
      on,
      store,
      change: (/** @type {Record<string, unknown>} */ fields) => {
        changes.push(fields);
        log.push("change");
      },
    },
    visuals: { on },
    perform: (/** @type {string} */ action) => log.push(action),
    showRule: () => log.push("rule"),
    notices: {
      show: (/** @type {Notice} */ notice) => shown.set(notice.key, notice),
      dismiss: (/** @type {string} */ key) => shown.delete(key),
    },
    announce: (/** @type {string} */ sentence) => log.push(sentence),
  };
  createNotifications(/** @type {NotificationOptions} */ (options));
  const telling = {
    end: (/** @type {Ended | null} */ ended) => store.update((state) => ({ ...state, ended })),
    event: (/** @type {ServerEvent} */ event) => emit("event", event),
    picture: (/** @type {number} */ epoch, /** @type {number} */ testLoss, time = 0) =>
      emit("drawn", epoch, testLoss, time),
  };
  return { telling, shown, log, changes };
}

/** @type {import("../../../static/js/types/app.js").Configured} */
const CONFIGURED = {
  type: "configured",
  id: 1,
  experiment: EXPERIMENT,
  reset: false,
  kept: false,
  changed: [],
  run: 1,
  notes: [],
  address: "",
};

/** @type {Ended} */
const STOPPED = { kind: "stopped", epoch: 1234, message: "The epochs are done." };
/** @type {Ended} */
const DIVERGED = { kind: "diverged", epoch: 3, message: "Too fast." };

/**
 * @param {Notice | undefined} notice
 * @param {string | RegExp} label
 */
const press = (notice, label) => notice?.offers?.find((offer) => offer.label.match(label))?.perform();

test("a run ended by its rule is calm news, and offers three ways on", () => {
  const { telling, shown, log, changes } = start();

  telling.end(STOPPED);
  const notice = shown.get("ended");
  assert.equal(notice?.kind, "info");
  assert.equal(notice?.title, "Training has ended after epoch 1,234.");
  assert.equal(notice?.text, "The epochs are done.");

  press(notice, "Train on");
  press(notice, "rule");
  press(notice, "Reset");
  assert.deepEqual(log, ["change", "play", "rule", "reset"]);
  assert.deepEqual(changes, [{ "training.stop": "never" }]);
});

test("a run that has diverged is a warning, and offers a lower learning rate", () => {
  const { telling, shown, log, changes } = start();

  telling.end(DIVERGED);
  assert.equal(shown.get("ended")?.kind, "warning");
  press(shown.get("ended"), "learning rate");

  assert.deepEqual(log, ["change", "reset", "play"]);
  assert.deepEqual(changes, [{ "training.learning_rate": 0.01 }]);
});

test("the notice goes when the run has another chance", () => {
  const { telling, shown } = start();

  telling.end(STOPPED);
  telling.end(null);

  assert.equal(shown.size, 0);
});

for (const ended of [STOPPED, DIVERGED]) {
  test(`playing a run that has ${ended.kind} tells so again`, () => {
    const { telling, shown } = start({ ended });

    telling.event({ type: "error", id: null, code: ended.kind, message: "It cannot go on.", field: null });

    assert.equal(shown.get("ended")?.text, ended.message);
    assert.equal(shown.has("error"), false);
  });
}

test("the same error without a known end is told as it came", () => {
  const { telling, shown } = start();

  telling.event({ type: "error", id: null, code: "stopped", message: "It cannot go on.", field: null });

  assert.equal(shown.get("error")?.text, "It cannot go on.");
});

test("what was changed along with a setting is told, and nothing where nothing was", () => {
  const { telling, shown } = start();

  telling.event({ ...CONFIGURED, notes: [] });
  assert.equal(shown.size, 0);
  telling.event({ ...CONFIGURED, notes: ["One thing.", "Another."] });

  assert.equal(shown.get("changes")?.text, "One thing. Another.");
});

test("the first welcome names what of the address was passed over, later ones what was adapted", () => {
  const { telling, shown } = start();
  telling.event(welcome({ notes: ["x is not known"], misses_points: true }));

  assert.match(shown.get("passed-over")?.text ?? "", /x is not known/);
  assert.ok(shown.has("own-points"));
  assert.equal(shown.has("changes"), false);
  telling.event(welcome({ notes: ["One thing."] }));
  assert.equal(shown.get("changes")?.text, "One thing.");
});

test("an address that cannot be opened is refused by that name", () => {
  const { telling, shown } = start();
  telling.event({ type: "error", id: null, code: "invalid", message: "It says nothing.", field: "address" });

  assert.deepEqual([...shown.keys()], ["passed-over"]);
  assert.equal(shown.get("passed-over")?.text, "It says nothing.");
});

test("a change of state is said once, with its picture", () => {
  const { telling, log } = start();
  const state = { playing: false, epochs_per_second: null, epoch: 5, step: 9, id: null };

  telling.event(/** @type {ServerEvent} */ ({ type: "state", reason: "stopped", ...state }));
  telling.picture(5, 0.25);
  telling.picture(6, 0.2);

  assert.deepEqual(log, ["Training has ended by its rule at epoch 5, test loss 0.2500."]);
});

test("while training goes on, how far it has come is said now and then", () => {
  const { telling, log } = start({ playing: true });
  const state = { playing: true, epochs_per_second: null, epoch: 0, step: 0, id: null };
  telling.event(/** @type {ServerEvent} */ ({ type: "state", reason: "played", ...state }));

  for (let time = 0; time <= 31_000; time += 100) telling.picture(time / 100, 0.25, time);

  assert.deepEqual(log, [
    "Training.",
    "Training: epoch 150, test loss 0.2500.",
    "Training: epoch 300, test loss 0.2500.",
  ]);
});

/** @param {Record<string, unknown>} [parts] */
const welcome = ({ state = { reason: "new" }, ...parts } = {}) =>
  /** @type {any} */ ({
    type: "welcome",
    recovered: false,
    waited: 0,
    page: "",
    notes: [],
    misses_points: false,
    runs: [{ state }],
    ...parts,
  });
const RESUMED = { playing: true, epochs_per_second: null, reason: "resumed", epoch: 1234, step: 0 };

test("the first welcome is not worth a word, nor is one that goes on unhurt", () => {
  const { telling, shown, log } = start();

  telling.event(welcome());
  telling.event(welcome({ recovered: true, state: RESUMED }));

  assert.equal(shown.size, 0);
  assert.deepEqual(log, ["Connected again."]);
});

test("a run that goes on from what was kept, waited meanwhile, or begins anew says so", () => {
  for (const [event, expected] of /** @type {const} */ ([
    [welcome({ state: RESUMED }), /from epoch 1,234/],
    [welcome({ recovered: true, waited: 12, state: RESUMED }), /waited/],
    [welcome(), /anew/],
  ])) {
    const { telling, shown } = start();
    telling.event(welcome());
    telling.event(event);
    assert.match(shown.get("line")?.text ?? "", expected);
  }
});

test("training that rests goes on with one press", () => {
  const { telling, shown, log } = start();

  telling.event(/** @type {ServerEvent} */ ({ ...RESUMED, type: "state", playing: false, reason: "idle" }));
  press(shown.get("resting"), "Go on");

  assert.deepEqual(log, ["play"]);
});

test("a page older than the server is told to reload", () => {
  const { telling, shown } = start();

  telling.event(welcome({ page: "another" }));

  assert.match(shown.get("newer")?.text ?? "", /run is kept/);
});

test("that training waits is told until it goes on", () => {
  const { telling, shown, log } = start();
  /** @type {(waits: boolean) => ServerEvent} */
  const waiting = (waits) => ({ type: "waiting", id: null, waits, message: waits ? "It waits." : "On." });

  telling.event(waiting(true));
  assert.equal(shown.get("waiting")?.text, "It waits.");
  assert.equal(shown.get("waiting")?.kind, "warning");
  telling.event(waiting(false));
  assert.equal(shown.has("waiting"), false);
  assert.deepEqual(log, ["It waits.", "On."]);
});
