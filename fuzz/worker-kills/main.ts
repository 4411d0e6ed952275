import { parseArgs } from 'node:util';
import { checkWorkerKills } from '.';

const usage = `Usage: worker-kills [--runs 5] [--workers 2] [--seed 1] [--out runs/worker-kills]

Trains a run by some workers, kills four times one of them at a drawn moment, the first one too, and compares every byte that is no clock time
with what a run that was left alone wrote. What is done stands in OUT/worker-kills-SEED.jsonl: the same command goes on.`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    workers: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'runs/worker-kills' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const { runs, workers, seed, out } = values;
const verdicts = await checkWorkerKills(
  { runs: Number(runs), workers: Number(workers), seed: Number(seed), out },
  ({ number, kills, found, problems }) =>
    console.log(
      `${number} ${kills.map(({ worker, epoch, after }) => `worker ${worker} ${after} ms after epoch ${epoch}`).join(', ')}, ${found} found: ${problems.join('; ') || 'as if undisturbed'}`,
    ),
);
const wrong = verdicts.filter(({ problems }) => problems.length > 0);
const found = verdicts.reduce((sum, verdict) => sum + verdict.found, 0);
const first = verdicts.flatMap(({ kills }) => kills).filter(({ worker }) => worker === 0).length;
console.log(
  `${verdicts.length} runs, ${found} kills (${first} drawn of the first worker), ${wrong.length} wrong`,
);
process.exit(wrong.length === 0 ? 0 : 1);
