import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIONS, actionForKey, keyName } from "../../../static/js/model/action-table.js";
import { initialState } from "../../../static/js/model/state.js";
import { CATALOG } from "../support/catalog.js";

/** @import { Command, State } from "../../../static/js/types/app.js" */

const open = { ...initialState(CATALOG), connection: /** @type {const} */ ("open") };
const press = (/** @type {string} */ key) => ({ key, ctrlKey: false, metaKey: false, altKey: false });

/**
 * @param {string} id
 * @param {State} state
 * @returns {Command[]}
 */
function commandsOf(id, state) {
  /** @type {Command[]} */
  const commands = [];
  const nothing = () => {};
  ACTIONS.find((action) => action.id === id)?.perform({
    get: () => state,
    send: (command) => commands.push(command),
    openHelp: nothing,
    nextTheme: nothing,
    showOutput: nothing,
    openOwnPoints: nothing,
    undo: nothing,
    redo: nothing,
    openShare: nothing,
    openExport: nothing,
    leaveSeed: () => commands.push({ type: "pause" }),
    regenerate: nothing,
    changeSpeed: nothing,
    toggle: nothing,
    explain: nothing,
    showPresets: nothing,
  });
  return commands;
}

test("ids and keys are unique", () => {
  const ids = ACTIONS.map(({ id }) => id);
  const keys = ACTIONS.flatMap((action) => action.keys);

  assert.equal(new Set(ids).size, ids.length);
  assert.equal(new Set(keys).size, keys.length);
});

test("play starts at the chosen speed and pauses what plays", () => {
  assert.deepEqual(commandsOf("play", { ...open, speed: 5 }), [{ type: "play", epochs_per_second: 5 }]);
  assert.deepEqual(commandsOf("play", { ...open, playing: true }), [{ type: "pause" }]);
});

test("reset keeps the seed, new weights draw another", () => {
  assert.deepEqual(commandsOf("reset", open), [{ type: "reset", new_seed: false }]);
  assert.deepEqual(commandsOf("new-weights", open), [{ type: "reset", new_seed: true }]);
});

test("new weights leave the seed of the original, which would draw the same ones again", () => {
  const { experiment } = open;
  const seeded = { ...experiment, data: { ...experiment.data, classic_seed: "0.5" } };

  assert.equal(commandsOf("new-weights", { ...open, experiment: seeded }).length, 2);
});

test("nothing that needs the server is available without it", () => {
  const away = { ...open, connection: /** @type {const} */ ("reconnecting") };
  const available = ACTIONS.filter((action) => action.available(away)).map(({ id }) => id);

  const ownWork = [
    "discretize",
    "show-test",
    "log-loss",
    "keep",
    "own-points",
    "theme",
    "explain",
    "starts",
    "help",
  ];
  assert.deepEqual(available, ownWork);
});

test("keys find their action in either case, but not with a modifier", () => {
  assert.equal(actionForKey(press(" "))?.id, "play");
  assert.equal(actionForKey(press("R"))?.id, "reset");
  assert.equal(actionForKey(press("ArrowRight"))?.id, "step");
  assert.equal(actionForKey({ ...press("r"), ctrlKey: true }), undefined);
  assert.equal(actionForKey({ ...press("z"), altKey: true, ctrlKey: true }), undefined);
  assert.equal(actionForKey(press("z")), undefined);
  assert.equal(actionForKey(press("q")), undefined);
});

test("undo and redo have the keys that people know, on every system", () => {
  assert.equal(actionForKey({ ...press("z"), ctrlKey: true })?.id, "undo");
  assert.equal(actionForKey({ ...press("z"), metaKey: true })?.id, "undo");
  assert.equal(actionForKey({ ...press("Z"), ctrlKey: true, shiftKey: true })?.id, "redo");
  assert.equal(actionForKey({ ...press("y"), ctrlKey: true })?.id, "redo");
  assert.equal(keyName("Control+Shift+z"), "Ctrl Shift Z");
});

test("keys have names that people know", () => {
  assert.equal(keyName(" "), "Space");
  assert.equal(keyName("s"), "S");
  assert.equal(keyName("ArrowRight"), "\u2192");
  assert.equal(keyName("+"), "+");
});
