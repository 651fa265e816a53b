/** The panels of the page that show views of the engine. A new one needs a module and an entry in this list. */

/**
 * @import { Palettes, State, WatchedView } from "../../types/app.js"
 * @import { RunData } from "../../net/run-data.js"
 * @import { VisualsOptions } from "./visuals.js"
 */

import { CONFUSION } from "./confusion.js";
import { LOSS_CHART } from "./loss-chart.js";
import { MAP } from "./map.js";
import { NETWORK } from "./network.js";
import { SCORES } from "./scores.js";

/**
 * @typedef {object} Panel
 * @property {(state: State) => WatchedView[]} wants the views to watch, with their options
 * @property {(state: State) => unknown} follows the parts of the state that it shows
 * @property {(options: VisualsOptions) => PanelView} create
 */

/**
 * @typedef {object} PanelView
 * @property {(state: State, palettes: Palettes) => void} update after a change of what it follows, or of the colours; drawing follows
 * @property {(run: RunData, state: State, time: number, force: boolean) => void} draw the newest numbers of a run; may
 *   skip some while training unless it is forced. `time` in milliseconds
 */

/**
 * In the order of drawing: the network repeats the picture of the map.
 * @type {readonly Panel[]}
 */
export const PANELS = [MAP, NETWORK, SCORES, CONFUSION, LOSS_CHART];
