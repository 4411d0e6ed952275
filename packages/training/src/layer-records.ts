import { dropoutMasks, type LayerShape, layerShapes, type Parameter } from '@overparam/core-reparam';
import { foldKey, type Key } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { Phase, Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { type GainMeter, gainMeter } from './layer-gains';
import { maskInputs, type StepInputs } from './measure';
import type { TrainedNetwork } from './network';
import type { ParameterRule } from './parameter-groups';

/** Numbers by layer. */
export type ByLayer = Readonly<Record<string, number>>;

/** Updates between two records: 1 for every update, `epoch` for the first of each epoch; null for never. */
export type RecordEvery = number | 'epoch' | null;

/** What is recorded of a network's expanded layers while it trains, and how often. */
export interface LayerRecording {
  /** Norms of their kernels. */
  readonly norms: RecordEvery;
  /** How much further an update moves a kernel, to first order, than plain SGD would: a backward pass more each time. */
  readonly gains: RecordEvery;
  /** Effective ranks of kernels, and cosines between branches. */
  readonly shapes: RecordEvery;
}

/** What the kernels of expanded layers were like before an update: one line of `layers.jsonl`. Has what was due. */
export interface LayerRecord {
  /** Updates done before. */
  readonly update: number;
  /** Root of the sum of squares of the one kernel that the layer would collapse to. */
  readonly norms?: ByLayer;
  /** Layers into whose kernel a norm is folded, which the other numbers are then of; absent where there are none. */
  readonly folded?: readonly string[];
  /** <dW, G> / <G, G>; see `gainMeter`. Layers whose branches have norms, and have no kernel in training, are left out. */
  readonly gains?: ByLayer;
  /** See `effectiveRank`. */
  readonly ranks?: ByLayer;
  /** Cosines between the kernels of branches by layer, and by `first/second`. */
  readonly similarities?: Readonly<Record<string, ByLayer>>;
}

/** Whether something is to be recorded before an update. */
export function isRecorded(every: RecordEvery, update: number, updatesPerEpoch: number): boolean {
  return every !== null && update % (every === 'epoch' ? updatesPerEpoch : every) === 0;
}

/** What records are made of. */
export interface RecorderParts {
  readonly recording: LayerRecording;
  readonly tasks: readonly Task[];
  readonly parameterGroups: readonly ParameterRule[];
  readonly updatesPerEpoch: number;
  /** The run's, for dropout. */
  readonly key: Key;
}

/** Makes a run's records of layers, of one stage. */
export class LayerRecorder {
  readonly #meters = new Map<string, GainMeter>();

  constructor(
    private readonly network: TrainedNetwork,
    private readonly parts: RecorderParts,
  ) {}

  /** Frees what was compiled; the network stays. */
  dispose(): void {
    for (const meter of this.#meters.values()) meter.dispose();
    this.#meters.clear();
  }

  /**
   * The record that is due before an update, or null. Changes nothing that trains.
   *
   * @param phase  of the update that comes
   * @param batch  that it takes, the caller's; null after the last update, where all is due but gains
   * @throws OverparamError `no-layers` where the network has no expanded layer whose kernel could be recorded
   */
  async record(update: number, phase: Phase, batch: StepInputs | null): Promise<LayerRecord | null> {
    const { recording, updatesPerEpoch } = this.parts;
    const { norms, gains, shapes } = recording;
    const due = (every: RecordEvery) =>
      every !== null && (batch === null || isRecorded(every, update, updatesPerEpoch));
    const looks = due(norms) || due(shapes);
    const measures = batch !== null && due(gains);
    if (!looks && !measures) return null;
    return {
      update,
      ...(looks && this.#look({ norms: due(norms), shapes: due(shapes) })),
      ...(measures && { gains: await this.#gains(update, phase, batch) }),
    };
  }

  #look(due: { readonly norms: boolean; readonly shapes: boolean }): Omit<LayerRecord, 'update'> {
    const seen = layerShapes(this.network.model, { whole: due.shapes });
    if (seen.length === 0) {
      throw new OverparamError(
        'no-layers',
        'layerRecords asks for records of expanded layers, and no layer of the network has one kernel to record. Leave layerRecords out, or expand others (select).',
      );
    }
    const of = <Value>(value: (shape: LayerShape) => Value | null) =>
      Object.fromEntries(
        seen.flatMap((shape): [string, Value][] => {
          const found = value(shape);
          return found === null ? [] : [[shape.layer, found]];
        }),
      );
    const folded = seen.filter((shape) => shape.folded).map(({ layer }) => layer);
    const similar = of(({ similarities }) => similarities);
    return {
      ...(due.norms && { norms: of(({ norm }) => norm) }),
      ...(folded.length > 0 && { folded }),
      ...(due.shapes && { ranks: of(({ rank }) => rank) }),
      ...(Object.keys(similar).length > 0 && { similarities: similar }),
    };
  }

  async #gains(update: number, phase: Phase, batch: StepInputs): Promise<ByLayer> {
    const { tasks, parameterGroups, key } = this.parts;
    const { network } = this;
    const meter = this.#meters.get(phase.name) ?? gainMeter({ network, tasks, phase, parameterGroups });
    this.#meters.set(phase.name, meter);
    const masks = dropoutMasks(network.model, batch.x!.shape[0]!, foldKey(key, 'dropout', update));
    try {
      return await meter({ ...batch, ...maskInputs(masks) });
    } finally {
      tf.dispose(Object.values(masks));
    }
  }
}

/** The kernel of a layer that trains as it is: its only parameter beside a bias. */
export function ownKernel(parameters: readonly Parameter[], layer: string): Parameter | null {
  const own = parameters.filter((parameter) => parameter.layer === layer && parameter.continues !== 'bias');
  return own.length === 1 && own[0]!.continues === 'kernel' ? own[0]! : null;
}
