/** Wire shapes of docs/protocol.md, version 1. Names are snake_case here and nowhere else. */

export interface DataPart {
  dataset: string;
  samples: number;
  noise: number;
  train_fraction: number;
  seed: number;
}

export interface NetworkPart {
  hidden: number[];
  activation: string | string[];
  initializer: string;
  seed: number;
}

export interface ObjectivePart {
  loss: string;
  penalty: string;
  penalty_rate: number;
}

export interface TrainingPart {
  optimizer: string;
  learning_rate: number;
  batch_size: number;
  batching: string;
  seed: number;
}

export interface Experiment {
  data: DataPart;
  features: string[];
  network: NetworkPart;
  objective: ObjectivePart;
  training: TrainingPart;
}

export type CommandId = string | number;

export interface Hello {
  type: "hello";
  id?: CommandId;
  protocol: 1;
  experiment?: Experiment;
}

export interface Configure {
  type: "configure";
  id?: CommandId;
  experiment: Experiment;
}

export interface Play {
  type: "play";
  id?: CommandId;
  epochs_per_second?: number | null;
}

export interface Pause {
  type: "pause";
  id?: CommandId;
}

export interface Step {
  type: "step";
  id?: CommandId;
  unit?: "epoch" | "batch";
  count?: number;
}

export interface Reset {
  type: "reset";
  id?: CommandId;
  new_seed?: boolean;
}

export interface UnitAddress {
  layer: number;
  unit: number;
}

export interface Watch {
  type: "watch";
  id?: CommandId;
  tiles?: boolean;
  unit?: UnitAddress | null;
  resolution?: number;
  frame_rate?: number;
}

export interface SetParameter {
  type: "set_parameter";
  id?: CommandId;
  layer: number;
  unit: number;
  input: number | "bias";
  value: number;
}

export interface Ack {
  type: "ack";
  frame: number;
}

export type Command = Hello | Configure | Play | Pause | Step | Reset | Watch | SetParameter | Ack;

export interface RunState {
  playing: boolean;
  epochs_per_second: number | null;
  reason: string;
  epoch: number;
  step: number;
}

export interface Welcome {
  type: "welcome";
  id?: CommandId | null;
  protocol: number;
  version: string;
  limits: Record<string, unknown>;
  experiment: Experiment;
  run: number;
  state: RunState;
}

export interface Configured {
  type: "configured";
  id?: CommandId | null;
  experiment: Experiment;
  reset: boolean;
  changed: string[];
  run: number;
}

export interface StateChanged {
  type: "state";
  id?: CommandId | null;
  playing: boolean;
  epochs_per_second: number | null;
  reason: string;
}

export interface Diverged {
  type: "diverged";
  id?: CommandId | null;
  epoch: number;
  step: number;
  message: string;
}

export interface ErrorEvent {
  type: "error";
  id?: CommandId | null;
  code: string;
  message: string;
  field: string | null;
}

export type ServerEvent = Welcome | Configured | StateChanged | Diverged | ErrorEvent;

export interface CatalogField {
  label: string;
  text: string;
  live: boolean;
  default: unknown;
  kind: "choice" | "integer" | "number" | "features" | "layers";
  choices?: string;
  minimum?: number;
  maximum?: number;
  suggestions?: number[];
  step?: number;
  minimum_layers?: number;
  maximum_layers?: number;
  minimum_units?: number;
  maximum_units?: number;
}

export interface Choice {
  key: string;
  label: string;
  text: string;
  formula?: string;
}

export interface DatasetChoice extends Choice {
  problem: string;
  samples: number;
  points: number[][];
}

export interface FeatureChoice extends Choice {
  tile: number[];
}

export interface LossChoice extends Choice {
  problems: string[];
}

export interface CatalogChoices {
  problems: Choice[];
  datasets: DatasetChoice[];
  features: FeatureChoice[];
  activations: Choice[];
  losses: LossChoice[];
  penalties: Choice[];
  initializers: Choice[];
  optimizers: Choice[];
  batchings: Choice[];
}

export interface Speed {
  label: string;
  epochs_per_second: number | null;
}

export interface Catalog {
  version: string;
  protocol: number;
  region: [number, number];
  experiment: Experiment;
  fields: Record<string, CatalogField>;
  choices: CatalogChoices;
  speeds: Speed[];
}
