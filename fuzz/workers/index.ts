import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Orders } from './child';

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const child = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Ports that nobody listens on now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer();
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function work(orders: Orders): Promise<void> {
  const options = ['--conditions=@overparam/source', '--import', loader, child, JSON.stringify(orders)];
  const worker = spawn(process.execPath, options, { stdio: ['ignore', 'inherit', 'pipe'] });
  let said = '';
  worker.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    worker.on('exit', (code) => {
      if (code === 0 && said === '') resolve();
      else
        reject(new Error(`worker ${orders.index} of ${orders.workers.length} ended with ${code}: ${said}`));
    });
  });
}

/** Tensors of each case on each worker. */
export type Tensors = Readonly<Record<string, Float32Array>>;

/**
 * What some workers come to, by case: the tensors of each of them.
 *
 * @param out  folder that keeps what is done, so that a series goes on where it stopped; one that is removed where left out
 */
export async function trainedBy(
  count: number,
  names: readonly string[],
  options: Pick<Orders, 'norms' | 'gradients' | 'precision' | 'nudged'>,
  out?: string,
): Promise<ReadonlyMap<string, readonly Tensors[]>> {
  const folder = out ?? mkdtempSync(join(tmpdir(), 'overparam-workers-'));
  mkdirSync(folder, { recursive: true });
  const fileOf = (name: string, index: number) => join(folder, `${name}-${index}.json`);
  try {
    const workers = (await freePorts(count)).map((port) => `127.0.0.1:${port}`);
    const missing = names.filter((name) => workers.some((_, index) => !existsSync(fileOf(name, index))));
    const orders = { ...options, workers, cases: missing, out: folder, deadline: 120 };
    if (missing.length > 0) await Promise.all(workers.map((_, index) => work({ ...orders, index })));
    const read = (name: string, index: number): Tensors => {
      const all = JSON.parse(readFileSync(fileOf(name, index), 'utf8')) as Record<string, string>;
      return Object.fromEntries(
        Object.entries(all).map(([key, text]) => {
          const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
          return [key, new Float32Array(bytes.buffer)];
        }),
      );
    };
    return new Map(names.map((name) => [name, workers.map((_, index) => read(name, index))]));
  } finally {
    if (out === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** How far tensors are from others: the length of the difference over that of the others, of all parameters together. */
export function distance(found: Tensors, expected: Tensors, prefix = 'parameters/'): number {
  let [difference, length] = [0, 0];
  for (const [name, values] of Object.entries(expected)) {
    if (!name.startsWith(prefix)) continue;
    values.forEach((value, index) => {
      difference += (found[name]![index]! - value) ** 2;
      length += value ** 2;
    });
  }
  return Math.sqrt(difference / length);
}

/** How far training has brought parameters, over their length at the end; of those that the first stage has as well. */
export function moved(found: Tensors): number {
  let [difference, length] = [0, 0];
  for (const [name, values] of Object.entries(found)) {
    const first = found[name.replace('parameters/', 'first/')];
    if (!name.startsWith('parameters/') || first?.length !== values.length) continue;
    values.forEach((value, index) => {
      difference += (first[index]! - value) ** 2;
      length += value ** 2;
    });
  }
  return Math.sqrt(difference / length);
}

/** Whether two workers, or two runs, came to the same bits. */
export function isSame(found: Tensors, expected: Tensors): boolean {
  const bits = (values: Float32Array) => Buffer.from(values.buffer);
  return Object.entries(expected).every(([name, values]) => bits(values).equals(bits(found[name]!)));
}
