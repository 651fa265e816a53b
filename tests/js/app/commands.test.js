import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createCommands } from "../../../static/js/app/commands.js";
import { createStore } from "../../../static/js/lib/data/store.js";
import { initialState } from "../../../static/js/model/state.js";
import { CATALOG } from "../support/catalog.js";

/** @import { Changes, Command, Experiment } from "../../../static/js/types/app.js" */
/** @import { Targets } from "../../../static/js/own-data/point-set.js" */
/** @import { Session } from "../../../static/js/net/session.js" */

function createTable() {
  const store = createStore(initialState(CATALOG), () => {});
  /** @type {Command[]} */
  const sent = [];
  /** @type {Changes[]} */
  const changes = [];
  const session = /** @type {Session} */ (
    /** @type {unknown} */ ({
      store,
      send: (/** @type {Command} */ command) => sent.push(command),
      change: (/** @type {Changes} */ fields) => changes.push(fields),
      replace: (/** @type {Experiment} */ wanted) => store.update((state) => ({ ...state, wanted })),
    })
  );
  const commands = createCommands({ catalog: CATALOG, session });
  return { commands, store, sent, changes };
}

test("a data set takes the place of own points, and own points that of a data set", () => {
  const { commands, store, changes } = createTable();
  /** @type {Targets["points"]} */
  const points = [[0, 1, 2]];
  store.update((state) => ({ ...state, ownPoints: { points, point_classes: 3 } }));

  commands.chooseDataset("arms");
  commands.useOwnPoints();

  assert.deepEqual(changes, [
    { "data.points": null, "data.dataset": "arms" },
    { "data.points": points, "data.point_classes": 3 },
  ]);
});

test("the speed moves along those that are offered, and is sent while playing", () => {
  const { commands, store, sent } = createTable();
  commands.changeSpeed(1);
  assert.deepEqual([store.get().speed, sent], [250, []]);

  store.update((state) => ({ ...state, playing: true }));
  commands.changeSpeed(1);
  commands.changeSpeed(1);

  assert.deepEqual(sent, [{ type: "play", epochs_per_second: null }]);
});

test("pinning the pinned unit again shows the output", () => {
  const { commands, store } = createTable();
  const unit = /** @type {const} */ ({ kind: "unit", layer: 0, unit: 1 });
  commands.togglePin(unit);
  assert.deepEqual(store.get().pinned, unit);

  commands.togglePin({ ...unit });

  assert.equal(store.get().pinned, null);
});

test("a preset is set, begins anew and plays at its speed", () => {
  const { commands, store, sent } = createTable();
  commands.begin("rate");
  commands.begin("no such preset");

  assert.equal(store.get().wanted.training.learning_rate, 10);
  assert.equal(store.get().speed, 20);
  assert.deepEqual(sent, [
    { type: "reset", new_seed: false },
    { type: "play", epochs_per_second: 20 },
  ]);
});
