import { resolve } from 'node:path';
import {
  type ConfigFile,
  checked,
  configSchema,
  type RunConfig,
  recipeOf,
  resolveConfig,
} from '@overparam/config';
import { planTraining, type TrainingPlan } from '@overparam/training';
import { openDataset } from '../../src/run/data';

/** A config of a test, completed; starts its engine. */
export async function completed(config: ConfigFile): Promise<RunConfig> {
  checked(configSchema, config, 'test');
  const loaded = { config, name: 'test', folder: resolve('.') };
  return (await resolveConfig(loaded, { overrides: [] })).config;
}

/** A run as its config plans it; close its dataset. */
export async function openPlan(config: ConfigFile): Promise<TrainingPlan> {
  const complete = await completed(config);
  const dataset = await openDataset(complete, 'data');
  try {
    return planTraining(recipeOf(complete), dataset);
  } catch (error) {
    await dataset.close();
    throw error;
  }
}
