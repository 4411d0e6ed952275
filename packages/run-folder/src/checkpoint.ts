import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type KernelChoices, kernelChoices } from '@overparam/engine';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { readSealed, writeSealed } from '@overparam/export/node';
import { type Progress, type Trained, variablesOf } from '@overparam/training';
import * as tf from '@tensorflow/tfjs';
import type { z } from 'zod';
import { type DataRecord, dataRecordSchema } from './data-record';
import { kernelChoicesSchema, progressSchema } from './record-schemas';

/** A checkpoint, read and checked. */
export interface Checkpoint {
  readonly progress: Progress;
  /** What the run had read until then. */
  readonly data: DataRecord;
  /** See `configSum`; null in one of an earlier version. */
  readonly config: string | null;
  /** The ways that its steps took where there are several; see `kernelChoices` of `@overparam/engine`. */
  readonly kernels: KernelChoices;
  /** How many workers trained until then. */
  readonly workers: number;
  readonly tensors: ReadonlyMap<string, SavedTensor>;
}

/** A tensor as a checkpoint holds it: all that a run remembers is float32. */
export interface SavedTensor {
  readonly dtype: 'F32';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const stateKey = 'overparam.progress';
const dataKey = 'overparam.data';
const configKey = 'overparam.config';
const kernelsKey = 'overparam.kernels';
const workersKey = 'overparam.workers';

/** `epoch-0003`, or `epoch-0003-update-0012` where a run stopped inside the next epoch. */
function nameOf({ history, sums }: Progress): string {
  const epoch = `epoch-${String(history.length).padStart(4, '0')}`;
  return sums.updates === 0 ? epoch : `${epoch}-update-${String(sums.updates).padStart(6, '0')}`;
}

interface Entry {
  readonly file: string;
  readonly epoch: number;
  readonly update: number;
}

/** Checkpoints of a run folder, newest first. */
async function listCheckpoints(folder: string): Promise<Entry[]> {
  const path = join(folder, 'checkpoints');
  if (!existsSync(path)) return [];
  const entries = (await readdir(path)).flatMap((file): Entry[] => {
    const match = /^epoch-(\d+)(?:-update-(\d+))?\.safetensors$/.exec(file);
    return match ? [{ file, epoch: Number(match[1]), update: Number(match[2] ?? 0) }] : [];
  });
  return entries.sort((a, b) => b.epoch - a.epoch || b.update - a.update);
}

/**
 * Removes what an interruption left, and more epochs than are to be kept: checkpoints inside epochs, and that of a
 * beginning, but for the one that the run goes on from.
 */
export async function removeOld(folder: string, newest: Progress, keep: 'all' | number): Promise<void> {
  const entries = await listCheckpoints(folder);
  const current = `${nameOf(newest)}.safetensors`;
  const isWhole = ({ epoch, update }: Entry) => epoch > 0 && update === 0;
  const old = [
    ...entries.filter((entry) => !isWhole(entry)),
    ...(keep === 'all' ? [] : entries.filter(isWhole).slice(keep)),
  ];
  for (const { file } of old) {
    if (file !== current) await rm(join(folder, 'checkpoints', file), { force: true });
  }
}

/** What the checkpoints of a run have in common. */
export interface CheckpointOptions {
  /** How many epochs' checkpoints stay. */
  readonly keep: 'all' | number;
  readonly data: DataRecord;
  /** See `configSum`. */
  readonly config: string;
  /** How many train together; 1 where left out. */
  readonly workers?: number;
}

/** Writes a checkpoint into a run folder, whole or not at all. */
export async function writeCheckpoint(
  folder: string,
  progress: Progress,
  trained: Trained,
  { keep, data, config, workers = 1 }: CheckpointOptions,
): Promise<void> {
  const tensors = new Map<string, SavedTensor>();
  for (const [name, variable] of variablesOf(trained)) {
    tensors.set(name, { dtype: 'F32', shape: variable.shape, data: (await variable.data()) as Float32Array });
  }
  const kernels = kernelChoices();
  const metadata = {
    [stateKey]: JSON.stringify(progress),
    [dataKey]: JSON.stringify(data),
    [configKey]: config,
    ...(Object.keys(kernels).length > 0 && { [kernelsKey]: JSON.stringify(kernels) }),
    ...(workers > 1 && { [workersKey]: String(workers) }),
  };
  await mkdir(join(folder, 'checkpoints'), { recursive: true });
  await writeSealed(join(folder, 'checkpoints', `${nameOf(progress)}.safetensors`), {
    tensors,
    metadata,
  });
  await removeOld(folder, progress, keep);
}

/** Reads one checkpoint file. Throws where it is cut off or changed. */
async function readCheckpoint(file: string): Promise<Checkpoint> {
  const stored = await readSealed(file);
  const tensors = new Map<string, SavedTensor>();
  for (const [name, tensor] of stored.tensors) if (tensor.dtype === 'F32') tensors.set(name, tensor);
  const { [stateKey]: state, [dataKey]: data, [configKey]: config = null } = stored.metadata;
  if (state === undefined) {
    throw new OverparamError('checkpoint-damaged', 'it does not say how far the run was');
  }
  const progress = parsed(progressSchema, state);
  if (data === undefined) throw new OverparamError('data-missing', 'it does not say what data the run read');
  const { [kernelsKey]: ways = '{}', [workersKey]: workers = '1' } = stored.metadata;
  return {
    progress,
    data: parsed(dataRecordSchema, data),
    config,
    kernels: parsed(kernelChoicesSchema, ways),
    workers: Number(workers),
    tensors,
  };
}

function parsed<Value>(schema: z.ZodType<Value>, text: string): Value {
  const value: unknown = JSON.parse(text);
  const result = schema.safeParse(value);
  // As it was written, the order of its keys included: logs are written from it byte for byte.
  if (result.success) return value as Value;
  const { path, message } = result.error.issues[0]!;
  throw new OverparamError(
    'checkpoint-damaged',
    `what it says of the run is none: ${path.join('.')}: ${message}`,
  );
}

/**
 * The newest checkpoint of a run folder that is whole, or null where there is none.
 *
 * @param warn  told of each damaged checkpoint that is passed over
 * @throws OverparamError `run-outdated` for one of an earlier version
 */
export async function newestCheckpoint(
  folder: string,
  warn: (text: string) => void,
): Promise<Checkpoint | null> {
  for (const { file } of await listCheckpoints(folder)) {
    try {
      return await readCheckpoint(join(folder, 'checkpoints', file));
    } catch (error) {
      // Not damaged but of another form: going back to one before, or to the beginning, would lose the run.
      if (isOverparamError(error) && earlierForms.has(error.code)) throw outdated(folder, error);
      warn(`Checkpoint ${file} is damaged (${(error as Error).message}); going back to the one before.`);
    }
  }
  return null;
}

/** What is wrong with checkpoints of earlier versions, though they are whole. */
const earlierForms: ReadonlySet<string> = new Set(['checksum-missing', 'data-missing']);

function outdated(folder: string, cause: Error): OverparamError {
  return new OverparamError(
    'run-outdated',
    `The run in "${basename(folder)}" was written by an earlier version, whose checkpoints lack a checksum, or what data the run read. Go on with that version, or train it again into another folder.`,
    { cause },
  );
}

/**
 * Gives a network and its optimiser the values of a checkpoint.
 *
 * @throws OverparamError `checkpoint-mismatch` where names or shapes differ
 */
export function restore(trained: Trained, checkpoint: Checkpoint): void {
  const variables = variablesOf(trained);
  for (const [name, variable] of variables) {
    const saved = checkpoint.tensors.get(name);
    if (!saved || saved.shape.join() !== variable.shape.join()) {
      const found = saved ? `[${saved.shape.join(', ')}]` : 'nothing';
      throw new OverparamError(
        'checkpoint-mismatch',
        `The checkpoint has ${found} for "${name}" (expected [${variable.shape.join(', ')}]). It belongs to another run or version.`,
      );
    }
    tf.tidy(() => {
      variable.assign(tf.tensor(saved.data, [...saved.shape], 'float32'));
    });
  }
}
