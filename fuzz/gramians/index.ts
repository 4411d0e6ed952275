import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const usage = `Usage: npm run fuzz -- gramians [--count 3000] [--seed 1]

Runs the tests of the balancers on hard Gramians (nearly singular, a zero gradient, identical, opposing, scales from 1e-6 to
1e6) on more of them than \`npm test\` does. A failure names its Gramian by seed and number.`;

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `fuzz gramians`. @returns the exit code: 1 where a property does not hold, 2 for arguments that are wrong */
export async function gramians(args: readonly string[]): Promise<number> {
  let values: { count: string; seed: string; help: boolean };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        count: { type: 'string', default: '3000' },
        seed: { type: 'string', default: '1' },
        help: { type: 'boolean', default: false },
      },
    }));
    for (const name of ['count', 'seed'] as const) {
      if (!/^\d+$/.test(values[name]))
        throw new Error(`--${name} takes a whole number, not '${values[name]}'.`);
    }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (values.help) {
    console.log(usage);
    return 0;
  }
  console.log(`${values.count} Gramians for every balancer, seed ${values.seed}`);
  const require = createRequire(import.meta.url);
  const vitest = join(dirname(require.resolve('vitest/package.json', { paths: [root] })), 'vitest.mjs');
  const env: NodeJS.ProcessEnv = { ...process.env, GRAMIANS: values.count, SEED: values.seed };
  // Vitest loads sources by itself.
  delete env.NODE_OPTIONS;
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--project', 'balancers', 'hard-', '--testTimeout', '3600000'],
    {
      cwd: root,
      env,
      stdio: 'inherit',
    },
  );
  return new Promise((resolve) => child.on('exit', (code) => resolve(code === 0 ? 0 : 1)));
}
