import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentsOf, differencesOf } from '../kills/contents';
import { descendants, kill, type Running, start } from '../kills/process';
import { Random } from '../networks/random';

/** What is trained: a stage changes in the middle, and its batches are divided unequally. */
const config = {
  method: 'trirep',
  routine: 'progressive',
  backbone: { name: 'resnet', depth: 8, width: 2 },
  dataset: 'cifar100-sample',
  limit: { train: 35, test: 10 },
  epochs: 8,
  batch: 7,
  lr: 0.05,
  engine: { name: 'tensorflow', threads: 1 },
};

const killsPerRun = 4;

/** A run of which workers were killed. */
export interface Verdict {
  readonly number: number;
  /** Which worker was killed, and how many milliseconds after the checkpoint of which epoch; of 0 there is none but the start. */
  readonly kills: readonly { readonly worker: number; readonly epoch: number; readonly after: number }[];
  /** How many of these found their worker alive. */
  readonly found: number;
  /** Empty where all is as if undisturbed. */
  readonly problems: readonly string[];
}

/** The process of a worker, by its place; null where it does not run. */
function workerOf({ pid }: Running, place: number): number | null {
  for (const child of descendants(pid)) {
    try {
      const variables = readFileSync(`/proc/${child}/environ`, 'utf8').split('\0');
      const text = variables.find((each) => each.startsWith('TF_CONFIG='));
      if (text && JSON.parse(text.slice('TF_CONFIG='.length)).task.index === place) return child;
    } catch {
      // It ended meanwhile.
    }
  }
  return null;
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const checkpointOf = (folder: string, epoch: number) =>
  join(folder, 'checkpoints', `epoch-${String(epoch).padStart(4, '0')}.safetensors`);

/** Runs that workers are killed of, one after the other, and what they come to beside one that is left alone. */
export async function checkWorkerKills(
  {
    runs,
    workers,
    seed,
    out,
  }: { readonly runs: number; readonly workers: number; readonly seed: number; readonly out: string },
  tell: (verdict: Verdict) => void,
): Promise<Verdict[]> {
  mkdirSync(out, { recursive: true });
  const file = join(out, 'config.yaml');
  writeFileSync(file, JSON.stringify(config));
  const command = (folder: string) => [
    'train',
    file,
    '--workers',
    String(workers),
    '--out',
    folder,
    '--resume',
  ];
  const whole = join(out, 'whole');
  if (!existsSync(join(whole, 'result.json'))) {
    rmSync(whole, { recursive: true, force: true });
    const { code, stderr } = await start(command(whole)).ended;
    if (code !== 0) throw new Error(`the run that was left alone ended with ${code}: ${stderr}`);
  }
  const expected = contentsOf(whole);
  const log = join(out, `worker-kills-${seed}.jsonl`);
  const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : [];
  const verdicts = lines.map((line) => JSON.parse(line) as Verdict);
  for (let number = verdicts.length; number < runs; number++) {
    const random = new Random(seed * 100_000 + number);
    const kills = Array.from({ length: killsPerRun }, () => {
      const epoch = random.integer(0, config.epochs - 1);
      // Loading takes seconds, and an epoch less than one.
      const after = Math.round(random.between(0, epoch === 0 ? 8000 : 1000));
      return { worker: random.integer(0, workers - 1), epoch, after };
    }).sort((one, other) => one.epoch - other.epoch || one.after - other.after);
    const folder = join(out, 'killed');
    rmSync(folder, { recursive: true, force: true });
    const running = start(command(folder));
    let ended = false;
    const end = running.ended.then((result) => {
      ended = true;
      return result;
    });
    let found = 0;
    for (const { worker, epoch, after } of kills) {
      while (!ended && epoch > 0 && !existsSync(checkpointOf(folder, epoch))) await wait(20);
      await Promise.race([wait(after), end]);
      const pid = ended ? null : workerOf(running, worker);
      if (pid === null) continue;
      kill([pid]);
      found++;
    }
    const { code, stderr } = await end;
    const left = descendants(running.pid).length;
    const problems = [
      ...(code === 0 ? differencesOf(expected, contentsOf(folder)) : [`it ended with ${code}: ${stderr}`]),
      ...(left > 0 ? [`${left} processes are left`] : []),
    ];
    const verdict = { number, kills, found, problems };
    appendFileSync(log, `${JSON.stringify(verdict)}\n`);
    verdicts.push(verdict);
    tell(verdict);
  }
  return verdicts;
}
