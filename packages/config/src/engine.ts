import { availableParallelism } from 'node:os';
import { type EngineInfo, type EngineName, useEngine } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';

/** An engine as a config asks for it; no threads stand for all that there are. */
export interface EngineRequest {
  readonly name: EngineName | 'auto';
  readonly threads?: number;
}

/** An engine in use, and what a run's config says of it. */
export interface StartedEngine {
  readonly info: EngineInfo;
  readonly choice: { readonly name: EngineName; readonly threads?: number };
}

/**
 * Starts an engine. Results depend on the number of threads, so a config may pin it, and that of an engine where it can be
 * chosen is written into every run's config.
 *
 * @param processes  that train together on this machine, with an equal part of its threads each
 * @throws OverparamError `engine-unavailable`, `invalid-config`
 */
export async function startEngine({ name, threads }: EngineRequest, processes = 1): Promise<StartedEngine> {
  // Workers that share a machine share its processors, too.
  const own = Math.max(1, Math.floor(availableParallelism() / processes));
  const usual = Number(process.env.OVERPARAM_THREADS ?? 0) || own;
  const info = await useEngine(name, { threads: threads ?? usual });
  if (info.threads === 'chosen') return { info, choice: { name: info.name, threads: threads ?? usual } };
  const possible = info.threads === 'one' ? 1 : undefined;
  if (threads !== undefined && threads !== possible) {
    throw new OverparamError(
      'invalid-config',
      `engine.threads: ${threads} cannot be had on engine "${info.name}"` +
        `${possible === undefined ? ', which chooses by itself' : `, which computes on ${possible}`}. Leave it out.`,
    );
  }
  return { info, choice: { name: info.name } };
}
