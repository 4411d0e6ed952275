import type { Scores } from '@overparam/training';
import type { Agreement } from './agreement';
import type { RangeRule } from './calibrate';
import type { Grid } from './grid';
import type { Spread } from './spread';

/** How near the file is, in ONNX Runtime, to what it should compute. */
export interface RuntimeCheck {
  /** Such as `ONNX Runtime 1.30.0`. */
  readonly by: string;
  /** Examples of the test split that were looked at. */
  readonly examples: number;
  /** Without the runtime's changes of the graph against with them, by task. */
  readonly unoptimised: Readonly<Record<string, Agreement>>;
  /** The simulation in TensorFlow.js against the runtime, by task. */
  readonly simulation: Readonly<Record<string, Agreement>>;
}

/** What a layer by itself does to the answers, by task. */
export interface DamageReport {
  readonly layer: string;
  readonly byTask: Readonly<Record<string, Agreement>>;
}

/** What became of a network in eight bits. */
export interface Int8Report {
  /** Whose network it is, where there is one for each task; else null. */
  readonly task: string | null;
  readonly file: string;
  readonly bytes: number;
  /** Of all weights, how many became int8, and how many there are. */
  readonly weights: { readonly int8: number; readonly all: number };
  readonly spread: readonly Spread[];
  readonly calibration: {
    readonly rule: RangeRule;
    readonly examples: number;
    readonly grids: Readonly<Record<string, Grid>>;
    /** Places at which nothing but zero was seen. */
    readonly dead: readonly string[];
  };
  /** Null where it was not polished. */
  readonly polish: {
    readonly epochs: number;
    readonly rate: number;
    /** Of the file before polishing. */
    readonly before: Scores;
    /** Each layer alone, before polishing. */
    readonly damage: readonly DamageReport[];
    /** Folder of the polished network. */
    readonly folder: string;
  } | null;
  /** Examples of the test split. */
  readonly examples: number;
  /** Of the network that was given. */
  readonly before: Scores;
  /** Of the file, in ONNX Runtime. */
  readonly after: Scores;
  /** The file's answers against those of the network that was given, by task. */
  readonly agreement: Readonly<Record<string, Agreement>>;
  readonly check: RuntimeCheck;
  /** Each layer alone, in the order of the layers. */
  readonly damage: readonly DamageReport[];
}
