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
    id: "regenerate",
    label: "Regenerate: draw other points",
    keys: ["g"],
    available: connected,
    perform: ({ regenerate }) => regenerate(),
  },
  {
    id: "faster",
    label: "Faster",
    keys: ["+"],
    available: connected,
    perform: ({ changeSpeed }) => changeSpeed(1),
  },
  {
    id: "slower",
    label: "Slower",
    keys: ["-"],
    available: connected,
    perform: ({ changeSpeed }) => changeSpeed(-1),
  },
  {
    id: "discretize",
    label: "Discretize the output, or not",
    keys: ["d"],
    available: () => true,
    perform: ({ toggle }) => toggle("discretize"),
  },
  {
    id: "show-test",
    label: "Show or hide test points",
    keys: ["p"],
    available: () => true,
    perform: ({ toggle }) => toggle("showTest"),
  },
  {
    id: "log-loss",
    label: "Logarithmic loss, or not",
    keys: ["l"],
    available: () => true,
    perform: ({ toggle }) => toggle("logScale"),
  },
  {
    id: "keep",
    label: "Keep what is learned, or not",
    keys: ["k"],
    available: () => true,
    perform: ({ toggle }) => toggle("keep"),
  },
  {
    id: "show-output",
    label: "Show the output on the large map",
    keys: ["o", "Escape"],
    available: (state) => state.pinned !== null || state.preview !== null,
    perform: ({ showOutput }) => showOutput(),
  },
  {
    id: "theme",
    label: "Colours: automatic, light, dark, projector",
    keys: ["t"],
    available: () => true,
    perform: ({ nextTheme }) => nextTheme(),
  },
  {
    id: "explain",
    label: "Explain: press anything to learn what it is",
    keys: ["e"],
    available: () => true,
    perform: ({ explain }) => explain(),
  },
  {
    id: "starts",
    label: "First steps",
    keys: ["f"],
    available: () => true,
    perform: ({ showStarts }) => showStarts(),
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
  ["-", "\u2212"],
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
