import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { distance, isSame, moved, trainedBy } from '.';
import { cases, twinsOf } from './cases';

const usage = `Usage: workers [--counts 2,3,4] [--cases 'NAME;NAME'] [--norms synchronised] [--gradients float32] [--out runs/workers]

Trains every case of fuzz/workers/cases.ts on one process and on some workers, and prints how far their parameters
are apart: with synchronised norms, the length of the difference over that of the parameters. Beside it stands how far
one process comes from itself where the last bit of each first value is flipped, and how far training moves parameters.
All workers must come to the same bits. A single update that a ReLU's zero decides is no mistake where it is right by another
seed. What is done stands in OUT: the same command goes on where it stopped.`;

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
const names = values.cases?.split(';') ?? Object.keys(cases);
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
  const farBy = (name: string) => distance(together.get(name)![0]!, alone.get(name)![0]!);
  for (const name of names) {
    const [first, ...others] = together.get(name)!;
    const far = farBy(name);
    const differing = others.filter((other) => !isSame(other, first!)).length;
    const states = distance(first!, alone.get(name)![0]!, 'states/');
    const isFar = (of: string) => !(farBy(of) <= most);
    const isJudged = norms === 'synchronised' && gradients === 'float32';
    const isDecided = twinsOf(name).some((twin) => names.includes(twin) && !isFar(twin));
    const isWrong = differing > 0 || (isJudged && isFar(name) && !isDecided);
    if (isWrong) wrong++;
    const verdict = isWrong ? ' WRONG' : isJudged && isFar(name) ? " (a ReLU's zero)" : '';
    console.log(
      `${count} workers, ${name}: ${far.toExponential(1)}, statistics ${states.toExponential(1)}, nudged ${distance(nudged.get(name)![0]!, alone.get(name)![0]!).toExponential(1)}, moved ${moved(first!).toExponential(1)}${differing > 0 ? `; ${differing} WORKERS DIFFER` : ''}${verdict}`,
    );
  }
}
console.log(`${names.length} cases, ${wrong} wrong`);
process.exit(wrong === 0 ? 0 : 1);
