import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { targets } from '../targets';
import { checkOf } from './check';

// One process for one target: the parent names cases, one after the other, and ends it where one takes too long.
const [name = ''] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'overparam-fuzz-'));
process.on('exit', () => process.exitCode);
process.on('disconnect', async () => {
  await rm(folder, { recursive: true, force: true });
  process.exit();
});
// What is rejected or thrown beside the reading is as wrong as what the reading ends in.
const stray = (error: unknown) => process.send!({ stray: (error as Error)?.stack ?? String(error) });
process.on('unhandledRejection', stray);
process.on('uncaughtException', stray);
// Libraries print what they think of damaged files.
console.error = () => {};
console.warn = () => {};
process.on('warning', () => {});

const check = await checkOf(targets.find((target) => target.name === name)!, folder);
process.on('message', async (seed: number) => {
  process.send!({ verdict: await check(seed) });
});
process.send!({ ready: true });
