import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve, sep } from 'node:path';
import { OverparamError } from '@overparam/errors';

/** A page that is being served. */
export interface ServedPage {
  /** Where a browser on this machine finds it. */
  readonly address: string;
  /** Stops serving. */
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.wasm': 'application/wasm',
};

/** The file that an address means, or null where it leads out of the folder or is none that can be read. */
function fileOf(folder: string, address: string): string | null {
  try {
    const path = decodeURIComponent(new URL(address, 'http://page').pathname);
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    return file.startsWith(folder + sep) ? file : null;
  } catch {
    return null;
  }
}

/**
 * Serves a folder of static files on this machine alone: browsers give pages that are opened from files no modules and no camera.
 *
 * @param port  0 for any that is free
 * @throws OverparamError `port-in-use`
 */
export async function servePage(folder: string, port = 8080): Promise<ServedPage> {
  const root = resolve(folder);
  const server = createServer(async (request, response) => {
    const file = fileOf(root, request.url ?? '/');
    const found = file === null ? null : await stat(file).catch(() => null);
    if (file === null || !found?.isFile()) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such file.');
      return;
    }
    response.writeHead(200, {
      'content-type': types[extname(file).toLowerCase()] ?? 'application/octet-stream',
      'content-length': found.size,
      'cache-control': 'no-cache',
    });
    if (request.method === 'HEAD') response.end();
    else
      createReadStream(file)
        .on('error', () => response.destroy())
        .pipe(response);
  });
  await new Promise<void>((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      fail(
        error.code === 'EADDRINUSE'
          ? new OverparamError(
              'port-in-use',
              `Port ${port} of this machine is in use. Choose another with --port, or --port 0 for any that is free.`,
            )
          : error,
      ),
    );
    server.listen(port, '127.0.0.1', done);
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
