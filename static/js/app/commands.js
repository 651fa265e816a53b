/** Commands: actions of the person as changes of the state and messages to the server. Knows no view. */

/**
 * @import { Catalog, Target } from "../types/app.js"
 * @import { Session } from "../net/session.js"
 */

import { experimentOf, PRESETS } from "../model/presets.js";
import { sameTarget } from "../model/state.js";

/** Seeds drawn by the page stay short enough to read out. */
const LARGEST_SEED = 9999;

/** @typedef {ReturnType<typeof createCommands>} Commands */

/**
 * @param {object} options
 * @param {Catalog} options.catalog
 * @param {Session} options.session
 */
export function createCommands({ catalog, session }) {
  const { store, change, replace, send } = session;

  /** @param {number | null} speed */
  function setSpeed(speed) {
    store.update((state) => ({ ...state, speed }));
    if (store.get().playing) send({ type: "play", epochs_per_second: speed });
  }

  return {
    setSpeed,

    /** @param {1 | -1} by 1 for the next faster of the offered speeds, −1 for the next slower */
    changeSpeed(by) {
      const at = catalog.speeds.findIndex(({ epochs_per_second }) => epochs_per_second === store.get().speed);
      const next = catalog.speeds[at + by];
      if (next) setSpeed(next.epochs_per_second);
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

    /** @param {boolean} showConfusion whether the confusion tables are open */
    showConfusion(showConfusion) {
      store.update((state) => ({ ...state, showConfusion }));
    },

    /**
     * Turns something that is shown on or off.
     * @param {"showTest" | "discretize" | "logScale" | "keep"} part
     */
    toggle(part) {
      store.update((state) => ({ ...state, [part]: !state[part] }));
    },

    /**
     * Changes the number of units in a hidden layer.
     * @param {number} layer
     * @param {number} units
     */
    setUnits(layer, units) {
      change({ "network.hidden": store.get().wanted.network.hidden.with(layer, units) });
    },

    /** @param {string} key of the data set, which takes the place of own points */
    chooseDataset(key) {
      change({ "data.points": null, "data.dataset": key });
    },

    drawPoints() {
      const seed = Math.floor(Math.random() * (LARGEST_SEED + 1));
      change({ "data.seed": seed });
    },

    useOwnPoints() {
      const { ownPoints } = store.get();
      if (ownPoints)
        change({ "data.points": ownPoints.points, "data.point_classes": ownPoints.point_classes });
    },

    /** Replaces the weights of a seed of TensorFlow Playground by those of a seed of this server. */
    leaveSeed: () => change({ "data.classic_seed": null }),

    /**
     * Applies a preset and plays it.
     * @param {string} key
     */
    begin(key) {
      const preset = PRESETS.find((entry) => entry.key === key);
      if (!preset) return;
      replace(experimentOf(catalog, preset));
      send({ type: "reset", new_seed: false });
      store.update((state) => ({ ...state, speed: preset.speed, pinned: null, preview: null }));
      send({ type: "play", epochs_per_second: preset.speed });
    },
  };
}
