import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createCommands } from "../../../static/js/app/commands.js";
import { createStore } from "../../../static/js/lib/data/store.js";
import { withField } from "../../../static/js/model/experiment.js";
import { initialState } from "../../../static/js/model/state.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";

/** @import { Command, Experiment } from "../../../static/js/types/app.js" */
/** @import { Session } from "../../../static/js/net/session.js" */

/** @param {Experiment} [experiment] */
function createTable(experiment = EXPERIMENT) {
  const store = createStore(initialState(CATALOG, experiment), () => {});
  /** @type {Command[]} */
  const sent = [];
  /** @type {string[][]} */
  const notes = [];
  const session = /** @type {Session} */ (
    /** @type {unknown} */ ({
      store,
      send: (/** @type {Command} */ command) => sent.push(command),
      change: (/** @type {(experiment: Experiment) => Experiment} */ edit) =>
        store.update((state) => ({ ...state, wanted: edit(state.wanted) })),
    })
  );
  const commands = createCommands({ catalog: CATALOG, session });
  commands.on("notes", (sentences) => notes.push(sentences));
  return { commands, store, sent, notes };
}

test("a change that loses the seed of TensorFlow Playground reports it", () => {
  const { commands, store, notes } = createTable(withField(EXPERIMENT, "data.classicSeed", "0.5"));
  commands.chooseDataset("arms");

  assert.equal(store.get().wanted.data.dataset, "arms");
  assert.equal(store.get().wanted.data.classicSeed, null);
  assert.equal(notes.at(-1)?.length, 1);
});

test("the speed moves along those that are offered, and is sent while playing", () => {
  const { commands, store, sent } = createTable();
  commands.changeSpeed(1);
  assert.deepEqual([store.get().speed, sent], [250, []]);

  store.update((state) => ({ ...state, playing: true }));
  commands.changeSpeed(1);
  commands.changeSpeed(1);

  assert.deepEqual(sent, [{ type: "play", epochsPerSecond: null }]);
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

  assert.equal(store.get().wanted.training.learningRate, 10);
  assert.equal(store.get().speed, 20);
  assert.deepEqual(sent, [
    { type: "reset", newSeed: false },
    { type: "play", epochsPerSecond: 20 },
  ]);
});
