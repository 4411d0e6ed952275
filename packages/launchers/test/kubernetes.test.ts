import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { completeLauncher, type KubernetesOptions, scheduledLauncher, statusOf } from '../src';
import { indicesOf } from '../src/kubernetes/queue';
import { kubernetesScheduler } from '../src/kubernetes/scheduler';
import { runProgram } from '../src/programs';
import { submissionsOf } from '../src/submission';
import { command, fakeRuns, resultOf, watched } from './support/runs';

let folder: string;
let out: string;
const { PATH } = process.env;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overparam-kubernetes-'));
  out = join(folder, 'out');
  await mkdir(out);
});
afterEach(async () => {
  process.env.PATH = PATH;
  await rm(folder, { recursive: true, force: true });
});

function schedulerWith(options: object = {}) {
  const choice = completeLauncher({
    name: 'kubernetes',
    image: 'registry.example.org/overparam:1',
    volumeClaim: 'shared',
    mountPath: folder,
    command: [command.file, ...command.prefix],
    pollSeconds: 0.1,
    ...options,
  });
  return kubernetesScheduler(choice as KubernetesOptions);
}

/** The published schema of `batch/v1`, made by `fixtures/make-job-schema.py`. */
async function jobSchema(): Promise<z.ZodType> {
  const file = fileURLToPath(new URL('./fixtures/job-batch-v1.json', import.meta.url));
  return z.fromJSONSchema(JSON.parse(await readFile(file, 'utf8')));
}

/** A `kubectl` that keeps what is applied and answers from files; nothing else is on the PATH but for the system's. */
async function fakeKubectl(): Promise<void> {
  const program = join(folder, 'kubectl');
  await writeFile(
    program,
    `#!/bin/sh\ncase "$*" in\n  *apply*) cat > '${folder}/applied.yaml' ;;\n  *'get job '*) cat '${folder}/job.json' ;;\n  *'get pods'*) cat '${folder}/pods.json' ;;\nesac\n`,
  );
  await chmod(program, 0o755);
  process.env.PATH = `${folder}${delimiter}${PATH}`;
}

describe('an Indexed Job', { timeout: 60_000 }, () => {
  test('is one by the published schema, which refuses what is not', async () => {
    process.env.PATH = folder;
    const runs = await fakeRuns(out, { a: { steps: 1 }, b: { steps: 1 } });
    const scheduler = schedulerWith({
      cpusPerTask: 4,
      memGb: 1.5,
      gpusPerNode: 1,
      namespace: 'lab',
      retries: 2,
      arrayParallelism: 1,
    });
    await scheduler.check(command);
    const launch = watched(out, runs);
    expect(await scheduledLauncher(scheduler)(runs, launch)).toEqual([{ kind: 'left' }, { kind: 'left' }]);
    const [submission] = await submissionsOf(out);
    const file = join(submission!.folder, 'job.yaml');
    expect(launch.notes[0]).toBe(
      `There is no kubectl here. Where there is one: kubectl apply --filename=${file}`,
    );
    const manifest = parse(await readFile(file, 'utf8'));
    const schema = await jobSchema();
    expect(schema.safeParse(manifest).error?.issues ?? []).toEqual([]);
    expect(manifest.spec).toMatchObject({
      completionMode: 'Indexed',
      completions: 2,
      parallelism: 1,
      backoffLimitPerIndex: 2,
    });
    expect(manifest.spec.template.spec.containers[0].resources.limits).toEqual({
      cpu: '4',
      memory: '1500M',
      'nvidia.com/gpu': '1',
    });
    const { completions: _completions, ...spec } = manifest.spec;
    expect(schema.safeParse({ ...manifest, spec: { ...spec, completion: 2 } }).success).toBe(false);
    expect(schema.safeParse({ ...manifest, spec: { ...manifest.spec, completions: 'two' } }).success).toBe(
      false,
    );
    // What is submitted and cannot be watched is not submitted again.
    await scheduledLauncher(scheduler)(runs, launch);
    expect(await submissionsOf(out)).toHaveLength(1);
  });

  test('is applied; its indices train their runs, and their states are read from the cluster', async () => {
    await fakeKubectl();
    const runs = await fakeRuns(out, { a: { steps: 2 }, b: { steps: 2 }, c: { steps: 1 } });
    const scheduler = schedulerWith();
    await scheduler.check(command);
    const job = { spec: { completions: 3 }, status: { completedIndexes: '0', failedIndexes: '2' } };
    await writeFile(join(folder, 'job.json'), JSON.stringify(job));
    const pod = {
      metadata: { name: 'pod-b', annotations: { 'batch.kubernetes.io/job-completion-index': '1' } },
      spec: { nodeName: 'n7' },
      status: { phase: 'Running' },
    };
    await writeFile(join(folder, 'pods.json'), JSON.stringify({ items: [pod] }));
    const launch = watched(out, runs);
    await scheduler.submit({ ...launch, runs, out, dataDir: out });
    const manifest = parse(await readFile(join(folder, 'applied.yaml'), 'utf8'));
    const [program, ...given] = manifest.spec.template.spec.containers[0].command as string[];
    process.env.JOB_COMPLETION_INDEX = '0';
    try {
      expect((await runProgram(program!, given)).code).toBe(0);
    } finally {
      delete process.env.JOB_COMPLETION_INDEX;
    }
    expect(await resultOf(runs[0]!)).toBe('{"sum":3}');
    const status = await statusOf(runs, { ...launch, out, queues: { kubernetes: scheduler.queue } });
    expect(status.map(({ state, node }) => [state, node])).toEqual([
      ['finished', ''],
      ['running', 'n7'],
      ['failed', ''],
    ]);
    expect(await readdir(join(out, 'launched'))).toHaveLength(1);
  });

  test('refuses folders that pods do not see', async () => {
    const scheduler = schedulerWith({ mountPath: '/shared' });
    const runs = await fakeRuns(out, { a: { steps: 1 } });
    await expect(scheduler.submit({ ...watched(out, runs), runs, out, dataDir: out })).rejects.toMatchObject({
      code: 'launcher-refused',
      message: expect.stringContaining('Pods see /shared (launcher.mountPath) alone'),
    });
    expect(await readdir(out)).toEqual(['configs']);
  });

  test('indices as Kubernetes writes them', () => {
    expect(indicesOf('0-2,5')).toEqual([0, 1, 2, 5]);
    expect(indicesOf('')).toEqual([]);
  });
});
