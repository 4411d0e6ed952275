import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { parseYaml } from '@overparam/config';
import { OverparamError } from '@overparam/errors';
import type { LaunchedRun } from '@overparam/launchers';

/**
 * The runs that a comparison's folder knows of, those that choose first.
 *
 * @throws OverparamError `no-comparison` for a folder that holds none
 */
export async function runsIn(out: string): Promise<LaunchedRun[]> {
  const configs = join(out, 'configs');
  if (!existsSync(configs)) {
    throw new OverparamError(
      'no-comparison',
      `The folder "${out}" holds no comparison. Give the --out that it was started with.`,
    );
  }
  const choosing = join(configs, 'choosing');
  const rows = existsSync(choosing) ? (await readdir(choosing)).sort() : [];
  return [
    ...(
      await Promise.all(rows.map((row) => runsBeside(join(choosing, row), join(out, 'choosing', row))))
    ).flat(),
    ...(await runsBeside(configs, out)),
  ];
}

async function runsBeside(configs: string, folder: string): Promise<LaunchedRun[]> {
  const names = (await readdir(configs)).filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(
    names.map(async (name) => {
      const configFile = join(configs, name);
      const { label, seed } = parseYaml(await readFile(configFile, 'utf8'), name) as Record<string, unknown>;
      return { label: String(label), seed: String(seed), configFile, folder: join(folder, parse(name).name) };
    }),
  );
}
