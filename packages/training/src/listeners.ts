import type { LayerRecord } from './layer-records';
import type { OnLayer } from './network';
import type { Progress } from './progress';
import type { EpochTiming } from './records';
import type { Trained } from './stage';

/** What one update came to. */
export interface UpdateReport {
  /** Updates done in the run. */
  readonly update: number;
  /** Updates of the whole run. */
  readonly updates: number;
  readonly epoch: number;
  readonly phase: string;
  readonly loss: number;
  readonly learningRate: number;
}

/** Whom the loop tells what it does; every one may be left out. */
export interface LoopListeners {
  /** After each update. */
  onUpdate?(report: UpdateReport): void;
  /** While a stage expands the network: layers done of all, and the last one's name; first values can take minutes. */
  onLayer?: OnLayer;
  /** A record of layers, before the update that it is of; see {@link LayerRecord}. */
  onLayers?(record: LayerRecord): void;
  /** After each epoch, when the state is one that a run can go on from; its record is the last of the history. */
  onEpoch?(progress: Progress, trained: Trained, timing: EpochTiming): void | Promise<void>;
  /** Before the loop throws because it was told to stop. */
  onStop?(progress: Progress, trained: Trained): void | Promise<void>;
}
