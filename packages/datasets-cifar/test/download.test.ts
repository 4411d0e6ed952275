import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseOptions } from '@overparam/plugin';
import { expect, onTestFinished, test } from 'vitest';
import { emptyFolder, tiny } from './tiny';

const code = (expected: string) => expect.objectContaining({ code: expected });
const { archive, content, dataset, schema } = tiny();
const half = Math.floor(archive.length / 2);

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on this machine for one test, and the range headers that it was sent. */
async function serve(handler: Handler) {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { ranges, options: parseOptions(schema, { url: `http://127.0.0.1:${port}/tiny.tar.gz` }) };
}

const whole =
  (bytes: Uint8Array): Handler =>
  (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  };

/** A server that knows ranges. */
const ranged: Handler = (request, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? -1);
  if (from < 0) return whole(archive)(request, response);
  if (from >= archive.length) return response.writeHead(416).end();
  const rest = archive.subarray(from);
  const headers = {
    'content-length': rest.length,
    'content-range': `bytes ${from}-${archive.length - 1}/${archive.length}`,
  };
  return response.writeHead(206, headers).end(rest);
};

/** Breaks the connection after half of the file. */
const breaking: Handler = (_, response) => {
  response.writeHead(200, { 'content-length': archive.length });
  response.write(archive.subarray(0, half), () => setTimeout(() => response.destroy(), 50));
};

const listed = async (dataDir: string) => (await readdir(join(dataDir, 'tiny'))).sort();

test('downloads, reports progress, and can be opened; a second time does nothing', async () => {
  const dataDir = await emptyFolder();
  const { options, ranges } = await serve(whole(archive));
  const seen: [number, number][] = [];
  await dataset.get!(options, { dataDir, progress: (done, total) => seen.push([done, total]) });
  expect(await listed(dataDir)).toEqual(['tiny.tar.gz']);
  expect(seen.at(-1)).toEqual([archive.length, archive.length]);
  await dataset.get!(options, { dataDir });
  expect(ranges).toHaveLength(1);
  expect((await dataset.open(options, { dataDir })).splits.train!.size).toBe(12);
});

test('an interrupted download goes on where it stopped', async () => {
  const dataDir = await emptyFolder();
  const first = await serve(breaking);
  await expect(dataset.get!(first.options, { dataDir })).rejects.toThrow(code('data-download'));
  expect(await listed(dataDir)).toEqual(['tiny.tar.gz.part']);
  await expect(dataset.open(first.options, { dataDir })).rejects.toThrow(/interrupted there/);
  const second = await serve(ranged);
  await dataset.get!(second.options, { dataDir });
  expect(second.ranges).toEqual([`bytes=${half}-`]);
  expect(await readFile(join(dataDir, 'tiny', 'tiny.tar.gz'))).toEqual(archive);
  expect(await listed(dataDir)).toEqual(['tiny.tar.gz']);
});

test('a server without ranges sends all again', async () => {
  const dataDir = await emptyFolder();
  await expect(dataset.get!((await serve(breaking)).options, { dataDir })).rejects.toThrow(
    code('data-download'),
  );
  await dataset.get!((await serve(whole(archive))).options, { dataDir });
  expect(await readFile(join(dataDir, 'tiny', 'tiny.tar.gz'))).toEqual(archive);
});

test.each([
  ['complete but not renamed', archive, 0],
  ['longer than the file', Buffer.concat([archive, archive]), 1],
  ['as long as the file, but another', Buffer.alloc(archive.length), 2],
])('a part that is %s is no obstacle', async (_, part, requests) => {
  const dataDir = await emptyFolder();
  await mkdir(join(dataDir, 'tiny'));
  await writeFile(join(dataDir, 'tiny', 'tiny.tar.gz.part'), part);
  const { options, ranges } = await serve(ranged);
  await dataset.get!(options, { dataDir });
  expect(ranges).toHaveLength(requests);
  expect(await readFile(join(dataDir, 'tiny', 'tiny.tar.gz'))).toEqual(archive);
});

test('a wrong file is refused and removed, also when only its beginning is wrong', async () => {
  const dataDir = await emptyFolder();
  const wrong = Buffer.from(archive);
  wrong[20] = wrong[20]! ^ 1;
  await expect(dataset.get!((await serve(whole(wrong))).options, { dataDir })).rejects.toThrow(
    code('data-checksum'),
  );
  expect(await listed(dataDir)).toEqual([]);
  await writeFile(join(dataDir, 'tiny', 'tiny.tar.gz.part'), wrong.subarray(0, half));
  const { options } = await serve(ranged);
  await expect(dataset.get!(options, { dataDir })).rejects.toThrow(code('data-checksum'));
  await dataset.get!(options, { dataDir });
  expect(await listed(dataDir)).toEqual(['tiny.tar.gz']);
});

test('a file that ends early without an error of the connection is refused', async () => {
  const dataDir = await emptyFolder();
  const { options } = await serve((_, response) => response.writeHead(200).end(archive.subarray(0, half)));
  await expect(dataset.get!(options, { dataDir })).rejects.toThrow(code('data-checksum'));
});

test.each([
  [
    '404',
    (_: IncomingMessage, response: ServerResponse) => response.writeHead(404).end('no'),
    /404 Not Found/,
  ],
  [
    'a compressed answer',
    (_: IncomingMessage, response: ServerResponse) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(archive),
    /content-encoding gzip/,
  ],
])('%s names the address and the option', async (_, handler, message) => {
  const dataDir = await emptyFolder();
  const { options } = await serve(handler);
  const failure = dataset.get!(options, { dataDir });
  await expect(failure).rejects.toThrow(code('data-download'));
  await expect(failure).rejects.toThrow(message);
  await expect(failure).rejects.toThrow(/option url/);
});

test.each([
  ['another range', `bytes 0-9/${archive.length}`],
  ['a range of which it says nothing', undefined],
])('an answer with %s than asked for leads to a clean start', async (_, range) => {
  const dataDir = await emptyFolder();
  await mkdir(join(dataDir, 'tiny'));
  await writeFile(join(dataDir, 'tiny', 'tiny.tar.gz.part'), archive.subarray(0, half));
  const { options, ranges } = await serve((request, response) => {
    if (request.headers.range === undefined) return whole(archive)(request, response);
    response
      .writeHead(206, range === undefined ? {} : { 'content-range': range })
      .end(archive.subarray(0, 10));
  });
  await dataset.get!(options, { dataDir });
  expect(ranges).toEqual([`bytes=${half}-`, undefined]);
  expect(await readFile(join(dataDir, 'tiny', 'tiny.tar.gz'))).toEqual(archive);
});

test('what is longer than the file is neither taken nor kept, whether the server says so or not', async () => {
  const dataDir = await emptyFolder();
  let sent = 0;
  const endless = await serve((_, response) => {
    response.writeHead(200);
    const more = () => {
      sent += 1 << 16;
      if (!response.destroyed) response.write(Buffer.alloc(1 << 16), () => setTimeout(more, 1));
    };
    more();
  });
  await expect(dataset.get!(endless.options, { dataDir })).rejects.toThrow(/goes on after that many bytes/);
  expect(sent).toBeLessThan(archive.length + (1 << 22));
  expect(await listed(dataDir)).toEqual([]);
  const announced = await serve(whole(Buffer.concat([archive, archive])));
  await expect(dataset.get!(announced.options, { dataDir })).rejects.toThrow(
    new RegExp(`at most ${archive.length} bytes.* has ${2 * archive.length} bytes`),
  );
  expect(await listed(dataDir)).toEqual([]);
});

test('no server: the download fails with the reason', async () => {
  const dataDir = await emptyFolder();
  const options = parseOptions(schema, { url: 'http://127.0.0.1:9/tiny.tar.gz' });
  await expect(dataset.get!(options, { dataDir })).rejects.toThrow(code('data-download'));
});

test('a signal stops the download and keeps what came', async () => {
  const dataDir = await emptyFolder();
  const stop = new AbortController();
  const { options } = await serve((_, response) => {
    response.writeHead(200, { 'content-length': archive.length });
    response.write(archive.subarray(0, half));
  });
  const progress = () => stop.abort();
  const context = { dataDir, signal: stop.signal, progress };
  await expect(dataset.get!(options, context)).rejects.toThrow(code('aborted'));
  expect(await listed(dataDir)).toEqual(['tiny.tar.gz.part']);
});

test('a damaged archive is fetched again; sound files in another form are left as they are', async () => {
  const dataDir = await emptyFolder();
  await mkdir(join(dataDir, 'tiny'));
  await writeFile(join(dataDir, 'tiny', 'tiny.tar.gz'), archive.subarray(0, half));
  const { options, ranges } = await serve(whole(archive));
  await dataset.get!(options, { dataDir });
  expect(await readFile(join(dataDir, 'tiny', 'tiny.tar.gz'))).toEqual(archive);
  const other = await emptyFolder();
  await mkdir(join(other, 'tiny'));
  for (const [name, bytes] of Object.entries(content)) await writeFile(join(other, 'tiny', name), bytes);
  await dataset.get!(options, { dataDir: other });
  expect(ranges).toHaveLength(1);
});
