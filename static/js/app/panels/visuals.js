/** The visuals: has every panel say what it wants to watch, and draws all of them at most once per animation frame. */

/**
 * @import { Catalog, State, WatchedView } from "../../types/app.js"
 * @import { Commands } from "../commands.js"
 * @import { Emitter } from "../../lib/data/emitter.js"
 * @import { Panel } from "./panels.js"
 * @import { Session } from "../../net/session.js"
 * @import { Settings } from "../settings.js"
 * @import { Sharing } from "../share-and-export.js"
 * @import { Theme } from "../../views/shell/theme.js"
 */

import { createEmitter } from "../../lib/data/emitter.js";
import { isEqual } from "../../lib/data/equal.js";
import { createFrameLoop } from "../../lib/dom/frame-loop.js";
import { PANELS } from "./panels.js";

/** Shortest time between two updates of the number of drawn frames, in milliseconds. */
const COUNT_PAUSE = 1000;

/**
 * @typedef {object} VisualsOptions
 * @property {HTMLElement} root the document's root element
 * @property {Catalog} catalog
 * @property {Session} session
 * @property {Commands} commands
 * @property {Pick<Settings, "counter" | "featureTiles">} settings
 * @property {Pick<Sharing, "setParameter">} sharing
 * @property {Theme} theme
 * @property {readonly Panel[]} [panels]
 */

/**
 * @typedef {object} VisualsEvents
 * @property {(epoch: number, testLoss: number, time: number) => void} drawn numbers of a run have been drawn
 */

/** @typedef {ReturnType<typeof createVisuals>} Visuals */

/** @param {VisualsOptions} options */
export function createVisuals(options) {
  const { root, session, settings, theme, panels = PANELS } = options;
  const { store } = session;
  /** @type {Emitter<VisualsEvents>} */
  const { on, emit } = createEmitter();
  const loop = createFrameLoop(draw);
  const parts = panels.map(({ create, ...panel }) => ({ ...panel, ...create(options) }));
  /** Whether a change other than a frame requires drawing everything. */
  let forced = true;
  let drawn = 0;
  /** Time of the next update of the number of drawn frames. */
  let nextCount = 0;

  function drawAll() {
    forced = true;
    loop.request();
  }

  /** @param {number} time */
  function draw(time) {
    store.flush();
    const state = store.get();
    const run = session.runData;
    const force = forced || !state.playing;
    forced = false;
    for (const part of parts) part.draw(run, state, time, force);
    const rate = state.playing ? run.speed() : Number.NaN;
    settings.counter.draw({ epoch: run.epoch, rate }, time);
    if (run.latest) emit("drawn", run.epoch, run.views.scores?.values[2] ?? Number.NaN, time);
    if (session.acknowledge()) countFrame(time);
  }

  /** @param {number} time */
  function countFrame(time) {
    drawn += 1;
    if (time < nextCount) return;
    nextCount = time + COUNT_PAUSE;
    root.dataset.frames = String(drawn);
  }

  /** @type {WatchedView[]} */
  let watched = [];

  /**
   * The views that all panels want: the same list as before if none has changed.
   * @param {State} state
   */
  function watchedIn(state) {
    const views = parts.flatMap((part) => part.wants(state));
    if (!isEqual(views, watched)) watched = views;
    return watched;
  }

  for (const part of parts) {
    const update = () => {
      part.update(store.get(), theme.palettes);
      drawAll();
    };
    store.subscribe(part.follows, update);
    theme.on("change", update);
  }
  store.subscribe(
    ({ playing }) => playing,
    (playing) => {
      // What a panel has skipped is drawn at the end; at the start there is nothing new, and a frame follows at once.
      if (!playing) drawAll();
    },
  );
  store.subscribe(watchedIn, session.watch);
  session.on("frame", loop.request);

  return { on };
}
