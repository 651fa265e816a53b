/** Types of the page: those of the wire, and others. */

import type { Targets } from "../own-data/point-set.js";
import type { Command, Experiment } from "./protocol.js";

export type * from "./protocol.js";

/** New values of an experiment's fields, by path. */
export type Changes = Record<string, unknown>;
/** A request for another experiment: a whole one, if it has one, and fields changed in that or in the present one. */
export interface ChangeRequest {
  experiment?: Experiment | undefined;
  changes?: Changes;
}

/** The samples of each part: x1, x2, target per point. */
export interface Points {
  train: Float32Array;
  test: Float32Array;
  validation: Float32Array;
}

/** The arrays of the views of one frame, by view and array. A view that is not watched is missing. */
export interface FrameViews {
  /** `values`: square grid of bytes, −127 … 127 in two's complement. `of`: `output`, or `layer:unit`. */
  map?: {
    values: Uint8Array;
    /** The most probable class of every cell, whose probability `values` then are; missing for any other map. */
    classes?: Uint8Array;
    of: string;
    resolution: number;
  };
  /** 400 bytes per unit, the outputs last. */
  tiles?: { values: Uint8Array };
  /** Train loss, train score, test loss, test score; then, if there are such samples, validation loss and score. */
  scores?: { values: Float64Array };
  /** `exact`: the same in 64 bits, where asked for. */
  parameters?: { values: Float32Array; exact?: Float64Array };
  /** Counts of true class × predicted class for train, test and, if there is any, validation. */
  confusion?: { counts: Uint32Array };
}

/** A decoded frame. Arrays are views of the message. */
export interface Frame {
  number: number;
  runs: FrameRun[];
}

/** What a frame has of one run. */
export interface FrameRun {
  run: number;
  /** Number of the lineage: frames of one lineage show one network, through changes of its shape. */
  lineage: number;
  epoch: number;
  step: number;
  /** Of every epoch since the last frame. `validation` is missing when there are no such samples. */
  losses: { epochs: Uint32Array; train: Float64Array; test: Float64Array; validation?: Float64Array };
  /** Null when they are those of an earlier frame. */
  points: Points | null;
  /** Every watched view; none while the page is hidden. */
  views: FrameViews;
}

/** A view to watch, by its key, with its options. */
export interface WatchedView {
  view: string;
  /** Of the map: the unit to show, or null for the whole output. */
  unit?: { layer: number; unit: number } | null;
  /** Of the map: cells along a side. */
  resolution?: number;
  /** Of the parameters: in 64 bits as well. */
  exact?: boolean;
  [option: string]: unknown;
}

/** Decompresses the frames of one connection, which must be given in order, one at a time. */
export interface FrameDecompressor {
  decompress: (message: ArrayBuffer) => Promise<ArrayBuffer>;
  close: () => void;
}

/** Settings that were changed during training, at an epoch. */
export interface SettingMark {
  epoch: number;
  changes: { label: string; from: string; to: string }[];
}

/** A square grid of bytes to draw, with the class of every cell if it is a map of classes. */
export interface Picture {
  bytes: ArrayLike<number>;
  classes: Uint8Array | null;
  side: number;
}

/** Why a run has ended. */
export interface Ended {
  kind: "diverged" | "stopped";
  epoch: number;
  message: string;
}

/** `stopped`: the page does not reconnect by itself. */
export type ConnectionState = "connecting" | "open" | "reconnecting" | "stopped";

/** Why there is no connection. */
export interface ConnectionTrouble {
  /** That of `closing`, or lost, reopened, reload, forbidden, or that of a diagnosis. */
  reason: string;
  /** A sentence for people, or empty. */
  message: string;
}

/** What the large map shows; null is the network's output. */
export type Target = { kind: "unit"; layer: number; unit: number } | { kind: "feature"; key: string } | null;

/** Address of one weight or bias. */
export interface ParameterAddress {
  layer: number;
  unit: number;
  input: number | "bias";
}

/** One weight or bias set by hand, of the network of one run. */
export interface ParameterEdit {
  address: ParameterAddress;
  before: number;
  after: number;
  run: number;
}

/** The undo stack: earlier entries, oldest first, and undone ones, next first. */
export interface UndoStack {
  /** A parameter set by hand is an entry without a change of the experiment. */
  past: (Experiment | ParameterEdit)[];
  present: Experiment;
  future: (Experiment | ParameterEdit)[];
  /** The field or parameter that the last change moved, and when. */
  moved: { field: string; time: number } | null;
}

/** What was opened: from an address, a link or a file. */
export interface Opening {
  experiment: Experiment;
  /** What was left out, and why. */
  notes: string[];
  /** Whether it refers to own points that this browser does not have. */
  misses_points: boolean;
  /** State of a trained network, if there is one. */
  network: { parameters: number[]; epoch: number; step: number } | null;
}

export interface State {
  connection: ConnectionState;
  /** Why there is no connection; null while there is one, or before the first. */
  trouble: ConnectionTrouble | null;
  /** The experiment that the server runs. */
  experiment: Experiment;
  /** `experiment` with the unanswered requests applied, to which the other fields are not adapted yet. */
  wanted: Experiment;
  /** Fragment of the page's address for `experiment`, without `#`. */
  address: string;
  /** Confirmed experiments, for undo and redo. */
  undoStack: UndoStack;
  /** Unanswered requests for another experiment, oldest first. */
  pending: (ChangeRequest & { id: number })[];
  playing: boolean;
  /** Speed chosen on the page, in epochs a second; null is the highest possible. */
  speed: number | null;
  run: number;
  /** Set while the run has ended by itself; any change lets it continue. */
  ended: Ended | null;
  pinned: Target;
  preview: Target;
  showTest: boolean;
  discretize: boolean;
  logScale: boolean;
  logEpochs: boolean;
  /** Whether the confusion tables are shown. */
  showConfusion: boolean;
  /** Whether another shape of the network keeps the weights. */
  keep: boolean;
  /** In the order of their epochs; of the present network only. */
  marks: SettingMark[];
  /** The dataset last used for each problem. */
  datasetOf: Record<string, string>;
  /** The own points last used; they stay when a dataset replaces them. */
  ownPoints: Targets | null;
}

/** What actions work with. */
export interface ActionContext {
  get: () => State;
  send: (command: Command) => void;
  openHelp: () => void;
  nextTheme: () => void;
  showOutput: () => void;
  openOwnPoints: () => void;
  undo: () => void;
  redo: () => void;
  openShare: () => void;
  openExport: () => void;
  leaveSeed: () => void;
  /** Draws other points. */
  regenerate: () => void;
  /** Chooses the next faster (1) or slower (−1) of the offered speeds. */
  changeSpeed: (by: 1 | -1) => void;
  /** Turns something that is shown on or off. */
  toggle: (part: "showTest" | "discretize" | "logScale" | "keep") => void;
  /** Starts or ends the mode that explains controls. */
  explain: () => void;
  showPresets: () => void;
}

export interface Action {
  id: string;
  /** Values of `KeyboardEvent.key`. */
  keys: string[];
  available: (state: State) => boolean;
  perform: (context: ActionContext) => void;
}

/** Lookup tables from a map byte to a pixel (ABGR as little-endian RGBA). */
export interface Palettes {
  smooth: Uint32Array;
  discrete: Uint32Array;
  /** CSS colours from −1 to 1 in equal steps, at full strength. */
  scale: string[];
  /** CSS colours of the classes 0, 1, 2 …, at full strength. */
  classes: string[];
  /** By number of classes: indexed by 128 · class + probability. */
  classMaps: Uint32Array[];
  /** The same without the probability: plain areas. */
  classAreas: Uint32Array[];
  /** By class: its probability, as a unit's byte, from pale to its colour; and the same in two steps. */
  classUnits: Uint32Array[];
  classHalves: Uint32Array[];
}

export interface View<Props> {
  update: (props: Props) => void;
  destroy: () => void;
}
