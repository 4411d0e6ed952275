import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configSum, type RunConfig } from '@overparam/config';
import type { NetworkMetadata } from '@overparam/export';
import { readDataRecord } from '@overparam/run-folder';
import type { TrainingPlan } from '@overparam/training';
import * as tf from '@tensorflow/tfjs';
import { packageVersion } from '../cli/version';

/** What a saved network says of itself beside its role: how it was trained, so that files can be told apart. */
export async function lineageOf(
  folder: string,
  config: RunConfig,
  { updates, dataset, recipe }: Pick<TrainingPlan, 'updates' | 'dataset' | 'recipe'>,
): Promise<Omit<NetworkMetadata, 'role'>> {
  const { backbone, method, routine, seed, precision } = config;
  const { part, options } = recipe.backbone;
  const ancestors = part.ancestors?.(options) ?? [];
  const data = await readDataRecord(folder);
  const about = {
    backbone: backbone.name,
    dataset: config.dataset.name,
    method: method.name,
    routine: routine.name,
    methodOptions: method,
    seed,
    updates,
    precision,
    engine: config.engine.name,
    versions: { overparam: packageVersion(), tfjs: tf.version_core },
    config: { sha256: configSum(await readFile(join(folder, 'config.yaml'), 'utf8')) },
    data: Object.fromEntries(
      Object.entries(data?.splits ?? {}).map(([split, { sha256 }]) => [split, sha256]),
    ),
    tasks: dataset.tasks.map(({ name, kind, classes }) => ({ name, kind, classes })),
    normalisation: dataset.normalisation,
    ...(ancestors.length > 0 && { ancestors }),
  };
  // Options are what JSON can hold, as `checkOptions` has seen to; keys that are undefined go.
  return JSON.parse(JSON.stringify(about)) as Omit<NetworkMetadata, 'role'>;
}
