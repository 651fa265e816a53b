/** The table of all actions: names, keys and icons, for buttons, keyboard and help. */

/**
 * @import { Action, State } from "../types/app.js"
 */

import { phrase } from "../lib/text/i18n.js";

/** @param {State} state */
const connected = (state) => state.connection === "open";

/** @type {readonly Action[]} */
export const ACTIONS = [
  {
    id: "play",
    keys: [" "],
    available: connected,
    perform({ get, send }) {
      const { playing, speed } = get();
      send(playing ? { type: "pause" } : { type: "play", epochs_per_second: speed });
    },
  },
  {
    id: "step",
    keys: ["s", "ArrowRight"],
    available: connected,
    perform: ({ send }) => send({ type: "step", unit: "epoch", count: 1 }),
  },
  {
    id: "step-batch",
    keys: ["b"],
    available: connected,
    perform: ({ send }) => send({ type: "step", unit: "batch", count: 1 }),
  },
  {
    id: "reset",
    keys: ["r"],
    available: connected,
    perform: ({ send }) => send({ type: "reset", new_seed: false }),
  },
  {
    id: "new-weights",
    keys: ["n"],
    available: connected,
    perform({ get, send, leaveSeed }) {
      if (get().experiment.data.classic_seed !== null) leaveSeed();
      send({ type: "reset", new_seed: true });
    },
  },
  {
    id: "undo",
    keys: ["Control+z"],
    available: (state) => connected(state) && state.undoStack.past.length > 0,
    perform: ({ undo }) => undo(),
  },
  {
    id: "redo",
    keys: ["Control+Shift+z", "Control+y"],
    available: (state) => connected(state) && state.undoStack.future.length > 0,
    perform: ({ redo }) => redo(),
  },
  {
    id: "regenerate",
    keys: ["g"],
    available: connected,
    perform: ({ regenerate }) => regenerate(),
  },
  {
    id: "faster",
    keys: ["+"],
    available: connected,
    perform: ({ changeSpeed }) => changeSpeed(1),
  },
  {
    id: "slower",
    keys: ["-"],
    available: connected,
    perform: ({ changeSpeed }) => changeSpeed(-1),
  },
  {
    id: "discretize",
    keys: ["c"],
    available: () => true,
    perform: ({ toggle }) => toggle("discretize"),
  },
  {
    id: "show-test",
    keys: ["p"],
    available: () => true,
    perform: ({ toggle }) => toggle("showTest"),
  },
  {
    id: "log-loss",
    keys: ["y"],
    available: () => true,
    perform: ({ toggle }) => toggle("logScale"),
  },
  {
    id: "keep",
    keys: ["k"],
    available: () => true,
    perform: ({ toggle }) => toggle("keep"),
  },
  {
    id: "show-output",
    keys: ["o", "Escape"],
    available: (state) => state.pinned !== null || state.preview !== null,
    perform: ({ showOutput }) => showOutput(),
  },
  {
    id: "own-points",
    keys: ["d"],
    available: () => true,
    perform: ({ openOwnPoints }) => openOwnPoints(),
  },
  {
    id: "share",
    keys: ["l"],
    available: connected,
    perform: ({ openShare }) => openShare(),
  },
  {
    id: "export",
    keys: ["e"],
    available: connected,
    perform: ({ openExport }) => openExport(),
  },
  {
    id: "theme",
    keys: ["t"],
    available: () => true,
    perform: ({ nextTheme }) => nextTheme(),
  },
  {
    id: "explain",
    keys: ["x"],
    available: () => true,
    perform: ({ explain }) => explain(),
  },
  {
    id: "starts",
    keys: ["f"],
    available: () => true,
    perform: ({ showPresets }) => showPresets(),
  },
  {
    id: "help",
    keys: ["?"],
    available: () => true,
    perform: ({ openHelp }) => openHelp(),
  },
];

/** Signs of keys. */
const KEY_SIGNS = new Map([
  ["ArrowRight", "\u2192"],
  ["-", "\u2212"],
]);
/** Keys with a translated name. */
const KEY_NAMES = new Map([
  [" ", "keys.space"],
  ["Escape", "keys.escape"],
  ["Control", "keys.control"],
  ["Shift", "keys.shift"],
]);

/**
 * The label of an action.
 * @param {Action} action
 * @returns {string}
 */
export function labelOf({ id }) {
  return phrase(`actions.${id}`);
}

/**
 * The name of a key or key combination.
 * @param {string} key
 * @returns {string}
 */
export function keyName(key) {
  return key
    .split(/\+(?=.)/)
    .map((part) => {
      const name = KEY_NAMES.get(part);
      return name ? phrase(name) : (KEY_SIGNS.get(part) ?? part.toUpperCase());
    })
    .join(" ");
}

/**
 * The action of a key press.
 * @param {{ key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, shiftKey?: boolean }} press
 * @returns {Action | undefined}
 */
export function actionForKey({ key, ctrlKey, metaKey, altKey, shiftKey = false }) {
  if (altKey) return undefined;
  const together = ctrlKey || metaKey ? `Control+${shiftKey ? "Shift+" : ""}` : "";
  const name = together + (key.length === 1 ? key.toLowerCase() : key);
  return ACTIONS.find((action) => action.keys.includes(name));
}
