import { resolve } from 'node:path';
import { checked } from '../../src/config/problem';
import { resolveConfig } from '../../src/config/resolve';
import { type ConfigFile, configSchema, type RunConfig } from '../../src/config/schema';
import { emptySums } from '../../src/train/progress';
import { networkOfStage, openDataset, planSession, type Session, stageAt } from '../../src/train/session';
import { equip, type Trained } from '../../src/train/stage';

/** A config of a test, completed; starts its engine. */
export async function completed(config: ConfigFile): Promise<RunConfig> {
  checked(configSchema, config, 'test');
  const loaded = { config, name: 'test', folder: resolve('.') };
  return (await resolveConfig(loaded, { overrides: [] })).config;
}

/** A session with its first network, ready for a training loop. */
export async function openSession(config: ConfigFile): Promise<{ session: Session; trained: Trained }> {
  const complete = await completed(config);
  const session = planSession(complete, await openDataset(complete, 'data'));
  const stage = stageAt(session.schedule, 0);
  const network = networkOfStage(complete, session.dataset, session.key, stage, true);
  return { session, trained: equip(session, network) };
}

/** Progress of a run that has not begun. */
export function beginningOf(session: Session) {
  return { update: 0, stage: stageAt(session.schedule, 0), history: [], sums: emptySums, balancer: null };
}
