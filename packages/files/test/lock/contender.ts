// A process that wants a lock: `contender.ts <what> <lock> <more>`.
import { appendFile, open, readFile, rm, writeFile } from 'node:fs/promises';
import { acquireLock, withLock } from '../../src';

const [what, path, more] = process.argv.slice(2) as [string, string, string];

if (what === 'count') {
  // Adds 1 to a number in a file, many times, in a way that loses some of them unless one does it at a time.
  const file = `${path}.count`;
  for (let i = 0; i < Number(more); i++) {
    await withLock(path, async () => {
      const alone = await open(`${path}.alone`, 'wx');
      const before = Number(await readFile(file, 'utf8'));
      await new Promise((resolve) => setTimeout(resolve, 1));
      await writeFile(file, String(before + 1));
      await alone.close();
      await rm(`${path}.alone`);
    });
  }
} else if (what === 'hold') {
  await acquireLock(path);
  process.stdout.write('held\n');
  setInterval(() => {}, 1000);
} else if (what === 'exit') {
  await acquireLock(path);
  process.exit(3);
} else if (what === 'take') {
  // One of many that find the same dead lock; says whether it got it, and then holds it to its end.
  const lock = await acquireLock(path).catch((error: { code: string }) => error.code);
  await appendFile(more, `${typeof lock === 'string' ? lock : 'taken'}\n`);
  setInterval(() => {}, 1000);
} else if (what === 'ask') {
  const lock = await acquireLock(path).catch((error: { code: string }) => error.code);
  process.stdout.write(`${process.pid < 100} ${typeof lock === 'string' ? lock : 'taken'}\n`);
  process.exit();
}
