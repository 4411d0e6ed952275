// A worker that does as its first argument says: a list of ends by start and place, such as `0:ok,1:kill;0:ok,1:ok`.
import { appendFileSync, readFileSync } from 'node:fs';

const [plan, log, ...rest] = process.argv.slice(2);
const { index } = JSON.parse(process.env.TF_CONFIG).task;
appendFileSync(log, `${index} ${process.pid} ${rest.join(' ')}\n`);
const told = readFileSync(log, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith(`${index} `)).length;
// On a busy machine a worker may have been ended before it could tell of its first start.
const starts = rest.includes('--resume') ? Math.max(told, 2) : told;
const stages = plan.split(';');
const words = stages[Math.min(starts, stages.length) - 1].split(',')[index];
const does = {
  ok: () => process.exit(0),
  kill: () => process.kill(process.pid, 'SIGKILL'),
  lost: () => process.exit(75),
  mistake: () => {
    process.stderr.write('this config is wrong\n');
    process.exit(2);
  },
  'slow-mistake': () => {
    process.send({ type: 'error', message: 'this config is wrong', code: 'invalid-config' });
    process.stderr.write('this config is wrong\n');
    setTimeout(() => process.exit(2), 400);
  },
  tells: () => {
    process.send({ type: 'progress', done: 1, total: 2 });
    process.send({ type: 'error', message: 'it goes on all the same' }, undefined, undefined, () =>
      process.exit(0),
    );
  },
  waits: () => setInterval(() => undefined, 1000),
  saves: () => {
    process.on('SIGTERM', () => process.exit(130));
    setInterval(() => undefined, 1000);
  },
  deaf: () => {
    process.on('SIGTERM', () => undefined);
    setInterval(() => undefined, 1000);
  },
};
setTimeout(does[words], 100);
