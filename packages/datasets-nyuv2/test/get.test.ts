import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseOptions } from '@overparam/plugin';
import { expect, onTestFinished, test } from 'vitest';
import { fetchFiles } from '../src/get';
import { nyuv2 } from '../src/index';
import { code, emptyFolder } from './support';

const contents: Readonly<Record<string, Buffer>> = {
  'data/train-00000-of-00001.parquet': Buffer.from('train '.repeat(500)),
  'data/val-00000-of-00001.parquet': Buffer.from('val '.repeat(400)),
};
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const listing = Object.entries(contents).map(([path, bytes]) => ({
  type: 'file',
  path,
  size: bytes.length,
  lfs: { oid: sha256(bytes), size: bytes.length },
}));

/** A server on this machine for one test; `asked` are the paths that it was asked for. */
async function serve(answer: (path: string, response: ServerResponse) => void) {
  const asked: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    asked.push(request.url!);
    answer(request.url!, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Answers as the mirror does, with `entries` as its listing. */
const mirror = (entries: unknown) => (path: string, response: ServerResponse) => {
  if (path === '/api/datasets/tanganke/nyuv2/tree/main/data')
    return void response.end(JSON.stringify(entries));
  const bytes = contents[path.replace('/datasets/tanganke/nyuv2/resolve/main/', '')];
  if (bytes === undefined) return void response.writeHead(404).end();
  response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
};

const get = (url: string, dataDir: string) => nyuv2.get!(parseOptions(nyuv2.options, { url }), { dataDir });

test('downloads the mirror by its listing; a second time only what is missing or damaged', async () => {
  const dataDir = await emptyFolder();
  const { url, asked } = await serve(mirror([...listing, { type: 'directory', path: 'data/more' }]));
  await get(url, dataDir);
  const folder = join(dataDir, 'nyuv2');
  for (const [path, bytes] of Object.entries(contents))
    expect(await readFile(join(folder, path))).toEqual(bytes);
  await writeFile(join(folder, 'data/val-00000-of-00001.parquet'), 'damaged');
  asked.length = 0;
  await get(url, dataDir);
  expect(asked.filter((path) => path.includes('/resolve/'))).toEqual([
    '/datasets/tanganke/nyuv2/resolve/main/data/val-00000-of-00001.parquet',
  ]);
});

test.each([
  ['a path out of the folder', listing.map((entry) => ({ ...entry, path: `data/../../${entry.path}` }))],
  ['a listing without sums', listing.map(({ lfs, ...entry }) => entry)],
  ['a listing without sizes', listing.map(({ size, ...entry }) => entry)],
  ['a file of more than any that is published', listing.map((entry) => ({ ...entry, size: 1e12 }))],
  ['a listing without end', 'x'.repeat(2 ** 21)],
  ['only one split', listing.slice(0, 1)],
  ['something else', { error: 'gone' }],
])('refuses %s', async (_, entries) => {
  const dataDir = await emptyFolder();
  const { url } = await serve(mirror(entries));
  await expect(get(url, dataDir)).rejects.toThrow(code('data-download'));
  expect(await readdir(dataDir)).toEqual([]);
});

test('a file that is not the listed one is removed; a server that fails is named', async () => {
  const dataDir = await emptyFolder();
  const wrong = listing.map((entry) => ({ ...entry, lfs: { oid: sha256(Buffer.from('other')) } }));
  await expect(get((await serve(mirror(wrong))).url, dataDir)).rejects.toThrow(code('data-checksum'));
  expect(await readdir(join(dataDir, 'nyuv2', 'data'))).toEqual([]);
  const failing = await serve((_, response) => void response.writeHead(503).end());
  await expect(get(failing.url, dataDir)).rejects.toThrow(/503.*option url/);
  await expect(get('http://127.0.0.1:9', dataDir)).rejects.toThrow(code('data-download'));
});

test('a file that is longer than listed is not taken', async () => {
  const dataDir = await emptyFolder();
  const short = listing.map((entry) => ({ ...entry, size: 100 }));
  await expect(get((await serve(mirror(short))).url, dataDir)).rejects.toThrow(/at most 100 bytes/);
  expect(await readdir(join(dataDir, 'nyuv2', 'data'))).toEqual([]);
});

test('the official file is fetched from its published place', async () => {
  const dataDir = await emptyFolder();
  const { url, asked } = await serve((_, response) => void response.writeHead(404).end());
  const options = parseOptions(nyuv2.options, { download: 'mat', url: `${url}/` });
  await expect(nyuv2.get!(options, { dataDir })).rejects.toThrow(code('data-download'));
  expect(asked).toEqual(['/nyu_depth_v2/nyu_depth_v2_labeled.mat']);
  // The checksum is the published one: other bytes are refused.
  const other = await serve((_, response) => void response.end('no such file'));
  await expect(
    nyuv2.get!(parseOptions(nyuv2.options, { download: 'mat', url: other.url }), { dataDir }),
  ).rejects.toThrow(/520609c519fba3ba5ac58c8fefcc3530/);
});

test('files are fetched in order, with progress; sound ones are left', async () => {
  const dataDir = await emptyFolder();
  await mkdir(join(dataDir, 'nyuv2'));
  const bytes = Buffer.from('content');
  const { url, asked } = await serve(
    (_, response) => void response.writeHead(200, { 'content-length': 7 }).end(bytes),
  );
  const file = (path: string) => ({
    url: `${url}/${path}`,
    path,
    bytes: 7,
    checksum: { algorithm: 'sha256', hex: sha256(bytes) } as const,
  });
  await writeFile(join(dataDir, 'nyuv2', 'a'), bytes);
  const seen: string[] = [];
  await fetchFiles([file('a'), file('b')], {
    dataDir,
    progress: (done, total, what) => seen.push(`${done}/${total} ${what}`),
  });
  expect(asked).toEqual(['/b']);
  expect(seen.at(-1)).toBe('7/7 downloading b (2 of 2)');
});
