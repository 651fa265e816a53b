/** Commands: actions of the person as changes of the state and messages to the server. Knows no view. */

/**
 * @import { Catalog, Experiment, Target } from "../types/app.js"
 * @import { Fitted } from "../model/constraints.js"
 * @import { Session } from "../net/session.js"
 */

import { withoutLostSeed } from "../io/tf-playground.js";
import { withDataset } from "../model/constraints.js";
import { withField } from "../model/experiment.js";
import { withOwnPoints } from "../model/own-points.js";
import { experimentOf, PRESETS } from "../model/presets.js";
import { sameTarget } from "../model/state.js";

/** Seeds drawn by the page stay short enough to read out. */
const LARGEST_SEED = 9999;

/** @typedef {ReturnType<typeof createCommands>} Commands */

/**
 * @param {object} options
 * @param {Catalog} options.catalog
 * @param {Session} options.session
 * @param {(notes: string[]) => void} options.onNotes called with what was changed along with a setting, as sentences
 */
export function createCommands({ catalog, session, onNotes }) {
  const { store, change, send } = session;

  /**
   * Asks for a change that may adapt other fields, and reports those.
   * @param {(experiment: Experiment) => Fitted} edit
   */
  function changeFitting(edit) {
    change((experiment) => {
      const { experiment: fitted, notes } = withoutLostSeed(catalog, experiment, edit(experiment));
      onNotes(notes);
      return fitted;
    });
  }

  /** @param {number | null} speed */
  function setSpeed(speed) {
    store.update((state) => ({ ...state, speed }));
    if (store.get().playing) send({ type: "play", epochsPerSecond: speed });
  }

  return {
    changeFitting,
    setSpeed,

    /** @param {1 | -1} by 1 for the next faster of the offered speeds, −1 for the next slower */
    changeSpeed(by) {
      const at = catalog.speeds.findIndex(({ epochsPerSecond }) => epochsPerSecond === store.get().speed);
      const next = catalog.speeds[at + by];
      if (next) setSpeed(next.epochsPerSecond);
    },

    /** @param {Target} preview */
    setPreview(preview) {
      store.update((state) => (sameTarget(state.preview, preview) ? state : { ...state, preview }));
    },

    /** @param {Target} target */
    togglePin(target) {
      store.update((state) => ({ ...state, pinned: sameTarget(state.pinned, target) ? null : target }));
    },

    showOutput() {
      store.update((state) => ({ ...state, pinned: null, preview: null }));
    },

    /** @param {string} key */
    chooseDataset(key) {
      changeFitting((experiment) => withDataset(catalog, experiment, key));
    },

    drawPoints() {
      const seed = Math.floor(Math.random() * (LARGEST_SEED + 1));
      changeFitting((experiment) => ({ experiment: withField(experiment, "data.seed", seed), notes: [] }));
    },

    useOwnPoints() {
      const { ownPoints } = store.get();
      if (ownPoints) changeFitting((experiment) => withOwnPoints(catalog, experiment, ownPoints));
    },

    /**
     * Applies a preset and plays it.
     * @param {string} key
     */
    begin(key) {
      const preset = PRESETS.find((entry) => entry.key === key);
      if (!preset) return;
      change(() => experimentOf(catalog, preset));
      send({ type: "reset", newSeed: false });
      store.update((state) => ({ ...state, speed: preset.speed, pinned: null, preview: null }));
      send({ type: "play", epochsPerSecond: preset.speed });
    },
  };
}
