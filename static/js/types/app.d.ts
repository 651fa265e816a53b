/** Shapes of the page: the wire's shapes with camelCase names, and the page's own. */

import type * as Wire from "./protocol.js";

/** `epochs_per_second` becomes `epochsPerSecond`. */
export type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** The same shape with every key in camelCase, all the way down. */
export type Camel<T> = T extends (infer Item)[]
  ? T extends [infer A, infer B]
    ? [Camel<A>, Camel<B>]
    : Camel<Item>[]
  : T extends object
    ? { [Key in keyof T as Key extends string ? CamelCase<Key> : Key]: Camel<T[Key]> }
    : T;

/** Applies `Camel` to each member of a union. */
export type CamelEach<T> = T extends unknown ? Camel<T> : never;

export type Experiment = Camel<Wire.Experiment>;
export type Command = CamelEach<Wire.Command>;
export type ServerEvent = CamelEach<Wire.ServerEvent>;
export type Welcome = Camel<Wire.Welcome>;
export type Configured = Camel<Wire.Configured>;
export type StateChanged = Camel<Wire.StateChanged>;
export type Diverged = Camel<Wire.Diverged>;
export type ErrorEvent = Camel<Wire.ErrorEvent>;
export type Catalog = Camel<Wire.Catalog>;
export type CatalogField = Camel<Wire.CatalogField>;
export type Choice = Camel<Wire.Choice>;
export type ChoiceOption = Camel<Wire.ChoiceOption>;
export type DatasetChoice = Camel<Wire.DatasetChoice>;
export type FeatureChoice = Camel<Wire.FeatureChoice>;
export type LossChoice = Camel<Wire.LossChoice>;
export type Speed = Camel<Wire.Speed>;

/** One picture of a run, as decoded from a binary frame. Arrays are views of the message. */
export interface Frame {
  number: number;
  run: number;
  epoch: number;
  step: number;
  /** What `map` shows: `output`, or `layer:unit`. */
  mapOf: string;
  epochs: Uint32Array;
  trainLoss: Float64Array;
  testLoss: Float64Array;
  /** Train loss, train score, test loss, test score. */
  evaluation: Float64Array;
  parameters: Float32Array;
  /** Square grid of bytes: the two's complement of −127 … 127. */
  map: Uint8Array;
  resolution: number;
  /** 400 bytes per hidden unit, or null when not watched. */
  tiles: Uint8Array | null;
  /** x1, x2, target per point; null when the data are those of an earlier frame. */
  trainPoints: Float32Array | null;
  testPoints: Float32Array | null;
}

export type ConnectionState = "connecting" | "open" | "reconnecting";

/** What the large map shows; null is the network's output. */
export type Target = { kind: "unit"; layer: number; unit: number } | { kind: "feature"; key: string } | null;

/** Address of one weight or bias. */
export interface ParameterAddress {
  layer: number;
  unit: number;
  input: number | "bias";
}

export interface State {
  connection: ConnectionState;
  /** What the server runs. */
  experiment: Experiment;
  /** What the page asked for last; equal to `experiment` once it is answered. */
  wanted: Experiment;
  /** Number of the last unanswered `configure`, or null. */
  pending: number | null;
  playing: boolean;
  /** Speed chosen on the page; null is as fast as it goes. */
  speed: number | null;
  run: number;
  diverged: { epoch: number; message: string } | null;
  pinned: Target;
  preview: Target;
  showTest: boolean;
  discretize: boolean;
  logScale: boolean;
  /** The dataset last used for each problem. */
  datasetOf: Record<string, string>;
}

/** What an action may do. */
export interface ActionContext {
  get: () => State;
  send: (command: Command) => void;
  openHelp: () => void;
  nextTheme: () => void;
  showOutput: () => void;
}

export interface Action {
  id: string;
  label: string;
  /** Values of `KeyboardEvent.key`; the first is the one shown. */
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
}

export interface View<Props> {
  update: (props: Props) => void;
  destroy: () => void;
}
