import { describe, expect, test } from 'vitest';
import { clusterOf, slurmHosts } from '../src';

const tensorflow = (value: unknown) => ({
  TF_CONFIG: typeof value === 'string' ? value : JSON.stringify(value),
});
const worker = ['node-1:2222', 'node-2:2222'];

test('TF_CONFIG says who the workers are, and which of them this is', () => {
  expect(clusterOf(tensorflow({ cluster: { worker }, task: { type: 'worker', index: 1 } }))).toEqual({
    workers: worker,
    index: 1,
  });
  expect(clusterOf({})).toBeNull();
  expect(clusterOf(tensorflow(''))).toBeNull();
  // One machine trains by itself.
  expect(
    clusterOf(tensorflow({ cluster: { worker: ['a:1'] }, task: { type: 'worker', index: 0 } })),
  ).toBeNull();
});

test.each([
  ['no JSON', '{"cluster":', /no JSON/],
  ['no list', { task: { type: 'worker', index: 0 } }, /no list "worker"/],
  ['no task', { cluster: { worker } }, /which of the workers/],
  ['an index beyond', { cluster: { worker }, task: { type: 'worker', index: 2 } }, /worker 2, and lists 2/],
  ['a chief', { cluster: { worker, chief: ['a:1'] }, task: { type: 'chief', index: 0 } }, /kinds chief/],
  [
    'an address without a port',
    { cluster: { worker: ['a', 'b:1'] }, task: { index: 0 } },
    /"a" is no address/,
  ],
])('a TF_CONFIG with %s is refused', (_, value, words) => {
  expect(() => clusterOf(tensorflow(value))).toThrow(
    expect.objectContaining({ code: 'invalid-cluster', message: expect.stringMatching(words) }),
  );
});

describe('Slurm', () => {
  test.each([
    ['login', ['login']],
    ['node[1-3]', ['node1', 'node2', 'node3']],
    ['node[08-10,12],gpu-a', ['node08', 'node09', 'node10', 'node12', 'gpu-a']],
    ['r[1-2]n[1-2]', ['r1n1', 'r1n2', 'r2n1', 'r2n2']],
  ])('%s names its machines', (list, hosts) => {
    expect(slurmHosts(list)).toEqual(hosts);
  });

  test('each task is a worker with a port of its own', () => {
    const variables = {
      SLURM_STEP_NUM_TASKS: '5',
      SLURM_PROCID: '3',
      SLURM_STEP_NODELIST: 'n[1-3]',
      SLURM_STEP_TASKS_PER_NODE: '2(x2),1',
    };
    expect(clusterOf(variables)).toEqual({
      workers: ['n1:12345', 'n1:12346', 'n2:12345', 'n2:12346', 'n3:12345'],
      index: 3,
    });
    expect(() => clusterOf({ ...variables, SLURM_STEP_NODELIST: undefined })).toThrow(/SLURM_STEP_NODELIST/);
    expect(() => clusterOf({ ...variables, SLURM_STEP_TASKS_PER_NODE: '2' })).toThrow(/lists 2/);
  });
});

test('MPI tells ranks, and the list of addresses is given beside them', () => {
  const ranks = { OMPI_COMM_WORLD_SIZE: '2', OMPI_COMM_WORLD_RANK: '1' };
  expect(clusterOf({ ...ranks, OVERPARAM_WORKERS: 'a:1, b:1' })).toEqual({
    workers: ['a:1', 'b:1'],
    index: 1,
  });
  expect(() => clusterOf(ranks)).toThrow(/OVERPARAM_WORKERS lists 0/);
});
