import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  completeLauncher,
  type LaunchedRun,
  type LauncherConfig,
  type SlurmOptions,
  scheduledLauncher,
  statusOf,
} from '../src';
import { slurmScheduler } from '../src/slurm/scheduler';
import { type FakeSlurm, fakeSlurm } from './support/fake-slurm';
import { command, fakeRuns, resultOf, startsOf, until, watched } from './support/runs';

let folder: string;
let out: string;
let slurm: FakeSlurm;

beforeEach(async () => {
  // A space and a quote, as folders have them.
  folder = await mkdtemp(join(tmpdir(), "overparam's launchers "));
  out = join(folder, 'out');
  await mkdir(out);
  slurm = await fakeSlurm(folder);
});
afterEach(async () => {
  await slurm.end();
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

function launcherWith(options: Omit<Extract<LauncherConfig, { name: 'slurm' }>, 'name'> = {}) {
  const choice = completeLauncher({ pollSeconds: 0.1, partition: 'cpu', ...options, name: 'slurm' });
  return scheduledLauncher(slurmScheduler(choice as SlurmOptions));
}

const finished = { kind: 'finished' };

/** The task that trains a run, once it has saved something. */
async function taskOf({ folder: of }: LaunchedRun, index: number): Promise<number> {
  await until(
    () =>
      readFile(join(of, 'state')).then(
        () => true,
        () => false,
      ),
    'its first step',
  );
  return (await slurm.tasks()).find((task) => task.index === index && task.state === 'RUNNING')!.job;
}

/** The job of a task. */
async function jobOf(index: number): Promise<number> {
  return (await slurm.tasks()).find((task) => task.index === index)!.job;
}

describe('a Slurm job array', { timeout: 120_000 }, () => {
  test('trains every run, in arrays no larger than the cluster takes; what is finished is not started', async () => {
    await slurm.set({ maxArraySize: 2, busy: 1 });
    const runs = await fakeRuns(out, {
      a: { steps: 1 },
      b: { steps: 2 },
      c: { steps: 3 },
      done: { steps: 1 },
    });
    await mkdir(runs[3]!.folder);
    await writeFile(join(runs[3]!.folder, 'result.json'), '{}');
    const launch = watched(out, runs);
    expect(
      await launcherWith({ cpusPerTask: 2, memGb: 1.5, account: 'lab', setup: ['export SET_UP=1'] })(
        runs,
        launch,
      ),
    ).toEqual([finished, finished, finished, finished]);
    expect(await Promise.all(runs.slice(0, 3).map(resultOf))).toEqual([
      '{"sum":1}',
      '{"sum":3}',
      '{"sum":6}',
    ]);
    expect(await startsOf(runs[3]!)).toBe(0);
    expect(launch.ends.filter(([, , before]) => before)).toEqual([['done', 'finished', true]]);
    const submissions = (await readdir(join(out, 'launched'))).sort();
    expect(submissions).toHaveLength(2);
    const script = await readFile(join(out, 'launched', submissions[1]!, 'batch.sh'), 'utf8');
    for (const line of [
      '--array=0-1%128',
      '--cpus-per-task=2',
      '--mem=1536M',
      '--account=lab',
      '--time=60',
      '--signal=B:USR2@120',
      '--requeue',
      '--open-mode=append',
    ])
      expect(script).toContain(`#SBATCH ${line}\n`);
    expect(script).toContain('\nexport SET_UP=1\nexec ');
    expect(launch.notes.join('\n')).toContain(
      'Slurm is busy (sbatch: error: Batch job submission failed: Socket timed out',
    );
  });

  test('a task that is preempted saves, is queued again and goes on; a kill by the scheduler loses nothing', async () => {
    const runs = await fakeRuns(out, {
      told: { steps: 25, held: 1 },
      killed: { steps: 25, held: 1 },
      other: { steps: 3 },
    });
    const launched = launcherWith()(runs, watched(out, runs));
    await slurm.wish(await taskOf(runs[0]!, 0), 'TERM');
    await slurm.wish(await taskOf(runs[1]!, 1), 'requeue');
    expect(await launched).toEqual([finished, finished, finished]);
    expect(await resultOf(runs[0]!)).toBe('{"sum":325}');
    expect(await resultOf(runs[1]!)).toBe('{"sum":325}');
    expect(await Promise.all(runs.map(startsOf))).toEqual([2, 2, 1]);
    const [submission] = await readdir(join(out, 'launched'));
    const events = await readFile(join(out, 'launched', submission!, 'events', '0.jsonl'), 'utf8');
    expect(events.match(/"event":"\w+"/g)).toEqual(
      ['started', 'preempted', 'started', 'finished'].map((event) => `"event":"${event}"`),
    );
    expect(await readFile(join(out, 'launched', submission!, 'logs', '0.log'), 'utf8')).toContain('saved at');
  });

  test('a task whose time is up is queued again as often as told, then named with what helps', async () => {
    const runs = await fakeRuns(out, { slow: { steps: 10, held: 2 } });
    // A limit of a minute: the early signal comes when all of it may be over.
    const launched = launcherWith({ timeoutMin: 1, maxNumTimeout: 1 })(runs, watched(out, runs));
    for (const restarts of [0, 1]) {
      await until(async () => (await startsOf(runs[0]!)) === restarts + 1, 'its start');
      await slurm.wish(await jobOf(0), 'USR2');
    }
    const [outcome] = await launched;
    expect(outcome).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('Its time of 1 minutes was up 2 times. What it trained is saved'),
    });
    expect(await startsOf(runs[0]!)).toBe(2);
    // And with more time it ends as if it had never stopped.
    expect(await launcherWith()(runs, watched(out, runs))).toEqual([finished]);
    expect(await resultOf(runs[0]!)).toBe('{"sum":55}');
  });

  test('failures are tried again as told, and named with their logs; the rest goes on', async () => {
    const runs = await fakeRuns(out, {
      once: { steps: 2, failures: 1 },
      always: { steps: 2, failures: 99 },
      crashes: { steps: 2, crash: true },
      waits: { steps: 2, locked: 1 },
    });
    const launch = watched(out, runs);
    const [once, always, crashes, waits] = await launcherWith({ retries: 1 })(runs, launch);
    expect(once).toEqual(finished);
    expect(waits).toEqual(finished);
    expect(always).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/^The loss became NaN\. Its log is .*launched\/\S+\/logs\/\d+\.log\.$/),
    });
    expect(crashes).toMatchObject({ kind: 'failed', message: expect.stringContaining('signal SIGKILL') });
    expect(await Promise.all(runs.map(startsOf))).toEqual([2, 2, 2, 2]);
    expect(launch.notes.join('\n')).toContain(
      'once, seed 0 failed: The loss became NaN. It is started again, for the 1. time of 1.',
    );
    const status = await statusOf(runs, { ...launch, out });
    expect(status.map(({ state }) => state)).toEqual(['finished', 'failed', 'failed', 'finished']);
    expect(status[1]!.reason).toBe('The loss became NaN.');
    expect(await readFile(status[1]!.log!, 'utf8')).toContain('The loss became NaN.');
  });

  test('a launcher that ends leaves tasks going on; the next one takes them up, and nothing is trained twice', async () => {
    await slurm.set({ nodes: 1 });
    const runs = await fakeRuns(out, {
      first: { steps: 15 },
      second: { steps: 2 },
      cancelled: { steps: 50 },
    });
    const controller = new AbortController();
    const before = watched(out, runs, controller.signal);
    const launched = launcherWith()(runs, before);
    await taskOf(runs[0]!, 0);
    controller.abort();
    expect(await launched).toEqual([{ kind: 'left' }, { kind: 'left' }, { kind: 'left' }]);
    expect(before.notes.at(-1)).toMatch(
      /^3 runs go on without this process: .* "scancel --name=overparam-001-[0-9a-f]{8}" would end them\.$/,
    );
    const status = await statusOf(runs, { ...before, out });
    // From a machine that shares the folder and has no Slurm.
    const elsewhere = await statusOf(runs, { ...before, out, queues: {} });
    expect(elsewhere.map(({ state }) => state)).toEqual(['running', 'waiting', 'waiting']);
    expect(status.map(({ state }) => state)).toEqual(['running', 'waiting', 'waiting']);
    expect(status[0]!.node).toMatch(/^node\d$/);
    const after = watched(out, runs);
    const again = launcherWith()(runs, after);
    await until(async () => (await startsOf(runs[2]!)) === 1, 'the third run');
    await slurm.wish(await jobOf(2), 'cancel');
    const outcomes = await again;
    expect(outcomes.slice(0, 2)).toEqual([finished, finished]);
    expect(outcomes[2]).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('was cancelled on node'),
    });
    expect(await Promise.all(runs.map(startsOf))).toEqual([1, 1, 1]);
    expect(await readdir(join(out, 'launched'))).toHaveLength(1);
  });

  test('without waiting, runs are submitted and left', async () => {
    const runs = await fakeRuns(out, { a: { steps: 2 } });
    const launch = watched(out, runs);
    expect(await launcherWith({ waitForCompletion: false })(runs, launch)).toEqual([{ kind: 'left' }]);
    await until(async () => (await resultOf(runs[0]!)) !== null, 'its end');
    expect((await statusOf(runs, { ...launch, out }))[0]!.state).toBe('finished');
  });

  test('a controller that does not answer for a while is asked again', async () => {
    const runs = await fakeRuns(out, { a: { steps: 10 } });
    const launch = watched(out, runs);
    const launched = launcherWith()(runs, launch);
    await taskOf(runs[0]!, 0);
    await slurm.set({ down: true });
    await until(
      () => launch.notes.some((text) => text.includes('Unable to contact slurm controller')),
      'a note',
    );
    await slurm.set({});
    expect(await launched).toEqual([finished]);
  });

  test('a folder that nodes do not share is told as such, and the task refuses to write to it', async () => {
    const runs = await fakeRuns(out, { a: { steps: 2 }, b: { steps: 2 } });
    await slurm.set({ nodes: 1 });
    const launch = watched(out, runs);
    const launched = launcherWith()(runs, launch);
    await until(async () => (await slurm.tasks()).length === 2, 'the submission');
    // As if the second one's node had a folder of that name on its own disk.
    const [submission] = await readdir(join(out, 'launched'));
    await writeFile(join(out, 'launched', submission!, 'probe'), 'another\n');
    const outcomes = await launched;
    expect(outcomes[1]).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('This node does not share the folder'),
    });
    expect(await startsOf(runs[1]!)).toBe(0);
  });
});

describe('what is wrong before anything is written', () => {
  const scheduler = (options: object) =>
    slurmScheduler(completeLauncher({ name: 'slurm', ...options }) as SlurmOptions);

  test("a partition that does not exist is told in Slurm's own words", async () => {
    await expect(scheduler({ partition: 'nope' }).check(command)).rejects.toMatchObject({
      code: 'launcher-refused',
      message: expect.stringContaining('invalid partition specified: nope'),
    });
    expect(await readdir(out)).toEqual([]);
  });

  test('Slurm that is not installed', async () => {
    const { PATH } = process.env;
    process.env.PATH = folder;
    try {
      await expect(scheduler({}).check(command)).rejects.toMatchObject({
        code: 'launcher-missing',
        message: expect.stringContaining('"sbatch" was not found'),
      });
    } finally {
      process.env.PATH = PATH;
    }
  });
});
