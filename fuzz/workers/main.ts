import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { distance, isSame, moved, trainedBy } from '.';
import { cases } from './cases';

const usage = `Usage: workers [--counts 2,3,4] [--cases NAME,NAME] [--norms synchronised] [--gradients float32] [--out runs/workers]

Trains every case of fuzz/workers/cases.ts on one process and on some workers, and prints how far their parameters
are apart: with synchronised norms, the length of the difference over that of the parameters. Beside it stands how far
one process comes from itself where the last bit of each first value is flipped, and how far training moves parameters.
All workers must come to the same bits. What is done stands in OUT: the same command goes on where it stopped.`;

const { values } = parseArgs({
  options: {
    counts: { type: 'string', default: '2,3,4' },
    cases: { type: 'string' },
    norms: { type: 'string', default: 'synchronised' },
    gradients: { type: 'string', default: 'float32' },
    out: { type: 'string', default: 'runs/workers' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const names = values.cases?.split(',') ?? Object.keys(cases);
const options = {
  norms: values.norms as 'own' | 'synchronised',
  gradients: values.gradients as 'float32' | 'bfloat16',
};
/** Of float32, over 20 updates. */
const most = 1e-5;
let wrong = 0;
const { norms, gradients } = options;
/** Where runs of so many workers are kept. */
const folder = (count: number) => join(values.out, count === 1 ? 'alone' : `${count}-${norms}-${gradients}`);
const alone = await trainedBy(1, names, options, folder(1));
const nudged = await trainedBy(1, names, { ...options, nudged: true }, join(values.out, 'nudged'));
for (const count of values.counts.split(',').map(Number)) {
  const together = await trainedBy(count, names, options, folder(count));
  for (const name of names) {
    const [first, ...others] = together.get(name)!;
    const far = distance(first!, alone.get(name)![0]!);
    const differing = others.filter((other) => !isSame(other, first!)).length;
    const states = distance(first!, alone.get(name)![0]!, 'states/');
    const isWrong =
      differing > 0 || (values.norms === 'synchronised' && values.gradients === 'float32' && !(far <= most));
    if (isWrong) wrong++;
    console.log(
      `${count} workers, ${name}: ${far.toExponential(1)}, statistics ${states.toExponential(1)}, nudged ${distance(nudged.get(name)![0]!, alone.get(name)![0]!).toExponential(1)}, moved ${moved(first!).toExponential(1)}${differing > 0 ? `; ${differing} WORKERS DIFFER` : ''}${isWrong ? ' WRONG' : ''}`,
    );
  }
}
console.log(`${names.length} cases, ${wrong} wrong`);
process.exit(wrong === 0 ? 0 : 1);
