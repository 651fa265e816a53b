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
    perform({ get, send, leaveSeed }) {
      if (get().experiment.data.classicSeed !== null) leaveSeed();
      send({ type: "reset", newSeed: true });
    },
  },
  {
    id: "undo",
    label: "Undo",
    keys: ["Control+z"],
    available: (state) => connected(state) && state.history.past.length > 0,
    perform: ({ undo }) => undo(),
  },
  {
    id: "redo",
    label: "Redo",
    keys: ["Control+Shift+z", "Control+y"],
    available: (state) => connected(state) && state.history.future.length > 0,
    perform: ({ redo }) => redo(),
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
    keys: ["c"],
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
    keys: ["y"],
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
    id: "own-points",
    label: "Draw or import your own points",
    keys: ["d"],
    available: () => true,
    perform: ({ openOwnPoints }) => openOwnPoints(),
  },
  {
    id: "share",
    label: "Share, or open a link or a file",
    keys: ["l"],
    available: connected,
    perform: ({ openShare }) => openShare(),
  },
  {
    id: "export",
    label: "Export pictures, numbers, the network or code",
    keys: ["e"],
    available: connected,
    perform: ({ openExport }) => openExport(),
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
    keys: ["x"],
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
  ["Control", "Ctrl"],
  ["-", "\u2212"],
]);

/**
 * A key, or keys pressed together, as people read them.
 * @param {string} key
 * @returns {string}
 */
export function keyName(key) {
  return key
    .split(/\+(?=.)/)
    .map((part) => KEY_NAMES.get(part) ?? (part.length > 1 ? part : part.toUpperCase()))
    .join(" ");
}

/**
 * The action a key press stands for.
 * @param {{ key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, shiftKey?: boolean }} press
 * @returns {Action | undefined}
 */
export function actionForKey({ key, ctrlKey, metaKey, altKey, shiftKey = false }) {
  if (altKey) return undefined;
  const together = ctrlKey || metaKey ? `Control+${shiftKey ? "Shift+" : ""}` : "";
  const name = together + (key.length === 1 ? key.toLowerCase() : key);
  return ACTIONS.find((action) => action.keys.includes(name));
}
