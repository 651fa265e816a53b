/** Everything a person can make the page do with one press. Buttons, keyboard and help read this table. */

/**
 * @import { Action, State } from "./types/app.js"
 */

/** @param {State} state */
const connected = (state) => state.connection === "open";

/** @type {readonly Action[]} */
export const ACTIONS = [
  {
    id: "play",
    label: "Play or pause",
    keys: [" "],
    available: connected,
    perform({ get, send }) {
      const { playing, speed } = get();
      send(playing ? { type: "pause" } : { type: "play", epochsPerSecond: speed });
    },
  },
  {
    id: "step",
    label: "Train one epoch",
    keys: ["s", "ArrowRight"],
    available: connected,
    perform: ({ send }) => send({ type: "step", unit: "epoch", count: 1 }),
  },
  {
    id: "step-batch",
    label: "Train one batch",
    keys: ["b"],
    available: connected,
    perform: ({ send }) => send({ type: "step", unit: "batch", count: 1 }),
  },
  {
    id: "reset",
    label: "Reset to the same start",
    keys: ["r"],
    available: connected,
    perform: ({ send }) => send({ type: "reset", newSeed: false }),
  },
  {
    id: "new-weights",
    label: "Reset with new weights",
    keys: ["n"],
    available: connected,
    perform: ({ send }) => send({ type: "reset", newSeed: true }),
  },
  {
    id: "show-output",
    label: "Show the output on the large map",
    keys: ["o", "Escape"],
    available: (state) => state.pinned !== null || state.preview !== null,
    perform: ({ showOutput }) => showOutput(),
  },
  {
    id: "own-points",
    label: "Draw or import your own points",
    keys: ["d"],
    available: () => true,
    perform: ({ openOwnPoints }) => openOwnPoints(),
  },
  {
    id: "theme",
    label: "Light, dark or automatic colours",
    keys: ["t"],
    available: () => true,
    perform: ({ nextTheme }) => nextTheme(),
  },
  {
    id: "help",
    label: "Help and keyboard shortcuts",
    keys: ["?"],
    available: () => true,
    perform: ({ openHelp }) => openHelp(),
  },
];

const KEY_NAMES = new Map([
  [" ", "Space"],
  ["ArrowRight", "\u2192"],
  ["Escape", "Esc"],
]);

/**
 * A key as people read it.
 * @param {string} key
 * @returns {string}
 */
export function keyName(key) {
  return KEY_NAMES.get(key) ?? key.toUpperCase();
}

/**
 * The action a key press stands for.
 * @param {{ key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean }} press
 * @returns {Action | undefined}
 */
export function actionForKey({ key, ctrlKey, metaKey, altKey }) {
  if (ctrlKey || metaKey || altKey) return undefined;
  const name = key.length === 1 ? key.toLowerCase() : key;
  return ACTIONS.find((action) => action.keys.includes(name));
}
