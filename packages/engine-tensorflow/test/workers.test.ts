import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer, type Server } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { hostAndPort, joinWorkers } from '../src';
import { libraryIsThere } from './library';

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const worker = fileURLToPath(new URL('./worker.ts', import.meta.url));

const listening = () =>
  new Promise<Server>((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
const addressOf = (server: Server) => `127.0.0.1:${(server.address() as { port: number }).port}`;

async function freeAddresses(count: number): Promise<string[]> {
  const servers = await Promise.all(Array.from({ length: count }, listening));
  const addresses = servers.map(addressOf);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return addresses;
}

function run(given: object): Promise<Record<string, unknown>> {
  const options = ['--conditions=@overparam/source', '--import', loader, worker, JSON.stringify(given)];
  const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, error] = ['', ''];
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    error += text;
  });
  return new Promise((resolve, reject) => {
    child.on('exit', (code) =>
      code === 0 ? resolve(JSON.parse(out)) : reject(new Error(`${code}: ${error}`)),
    );
  });
}

test.each([
  ['no port', ['a', 'b:1'], 0, /"a" is no address/],
  ['a port beyond', ['a:70000', 'b:1'], 0, /"a:70000" is no address/],
  ['one address twice', ['a:1', 'a:1'], 0, /stands twice/],
  ['a place beyond', ['a:1', 'b:1'], 2, /Worker 2 is not among the 2/],
])('a cluster with %s is refused', async (_, workers, index, words) => {
  await expect(joinWorkers({ workers, index })).rejects.toMatchObject({
    code: 'invalid-cluster',
    message: expect.stringMatching(words),
  });
});

test('addresses may be of version 6', () => {
  expect(hostAndPort('[::1]:2222')).toEqual({ host: '::1', port: 2222 });
});

test('a port that another process has is refused', async () => {
  const server = await listening();
  try {
    const workers = [addressOf(server), '127.0.0.1:1'];
    await expect(joinWorkers({ workers, index: 0 })).rejects.toMatchObject({ code: 'port-in-use' });
  } finally {
    server.close();
  }
});

describe.skipIf(!libraryIsThere())('workers', () => {
  test('sum outside of steps and within, and notice who has left', async () => {
    const workers = await freeAddresses(2);
    const both = await Promise.all(
      workers.map((_, index) => run({ workers, index, deadline: 5, leaves: index === 1 })),
    );
    const within = [
      [2, 4, 40],
      // 1 / 512 is lost beside 10 and beside 1: bfloat16 has 8 bits.
      [1, 2, 20],
    ];
    for (const found of both) {
      expect(found).toMatchObject({ outside: [3, 1], integers: [1, -(2 ** 31)], half: [2] });
      expect(found.within).toEqual([within, within]);
      expect(found.variable).toEqual([4, 8, 80]);
    }
    expect(both.map(({ lost }) => lost)).toEqual(['worker-lost', '']);
    expect(both.map(({ silent }) => silent)).toEqual([[1], []]);
  });
});
