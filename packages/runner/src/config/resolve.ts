import { availableParallelism } from 'node:os';
import { type EngineInfo, useEngine } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import { completeConfig } from './complete';
import type { LoadedConfig } from './read';
import { layRows, oneRow, type Request, type Rows, requestedEngine } from './rows';
import type { RunConfig } from './schema';

/** A config made ready to be run on the engine that is now in use. */
export interface ResolvedConfig {
  readonly config: RunConfig;
  readonly engine: EngineInfo;
}

/** All runs of a comparison, made ready. */
export interface ResolvedComparison {
  /** One entry a row, with the first seed. */
  readonly rows: readonly RunConfig[];
  readonly seeds: readonly (number | string)[];
  /** What a single-task reference is trained with, but for its task; null where there are none. */
  readonly reference: RunConfig | null;
  /** The definition of relative improvement that tables show. */
  readonly improvement: Rows['improvement'];
  readonly engine: EngineInfo;
}

/**
 * Starts the engine that a config and its request ask for. Results depend on the number of threads, so a config may pin
 * it, and that of an engine where it can be chosen is written into every run's config.
 */
async function startEngine(loaded: LoadedConfig, request: Request) {
  const { name, threads } = requestedEngine(loaded, request);
  const usual = availableParallelism();
  const engine = await useEngine(name, { threads: threads ?? usual });
  if (engine.threads === 'chosen')
    return { engine, choice: { name: engine.name, threads: threads ?? usual } };
  const possible = engine.threads === 'one' ? 1 : undefined;
  if (threads !== undefined && threads !== possible) {
    throw new OverparamError(
      'invalid-config',
      `engine.threads: ${threads} cannot be had on engine "${engine.name}"` +
        `${possible === undefined ? ', which chooses by itself' : `, which computes on ${possible}`}. Leave it out.`,
    );
  }
  return { engine, choice: { name: engine.name } };
}

/**
 * Starts the engine and completes the one run that a config and its request describe.
 *
 * @throws OverparamError for every mistake in the config, and `ambiguous-row` where more than one row is left
 */
export async function resolveConfig(loaded: LoadedConfig, request: Request): Promise<ResolvedConfig> {
  const { engine, choice } = await startEngine(loaded, request);
  const rows = layRows(loaded, engine.name, request);
  return { config: await completeConfig(oneRow(rows), choice, loaded), engine };
}

/** Starts the engine and completes every row of a comparison; a plain config is a comparison of one row. */
export async function resolveComparison(loaded: LoadedConfig, request: Request): Promise<ResolvedComparison> {
  const { engine, choice } = await startEngine(loaded, request);
  const { rows, seeds, references, improvement } = layRows(loaded, engine.name, request);
  const done: RunConfig[] = [];
  for (const row of rows) done.push(await completeConfig({ ...row, seed: seeds[0] }, choice, loaded));
  const reference = references && (await completeConfig({ ...references, seed: seeds[0] }, choice, loaded));
  return { rows: done, seeds, reference, improvement, engine };
}
