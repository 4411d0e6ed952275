import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { waitForWorkers } from '../src';

const listening = () =>
  new Promise<{ port: number; close(): void }>((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () =>
      resolve({ port: (server.address() as { port: number }).port, close: () => server.close() }),
    );
  });

test('those that do not answer are named after the time that was given', async () => {
  const here = await listening();
  const gone = await listening();
  gone.close();
  const workers = ['127.0.0.1:1', `127.0.0.1:${here.port}`, `127.0.0.1:${gone.port}`];
  try {
    await expect(waitForWorkers({ workers, index: 0 }, 1)).rejects.toMatchObject({
      code: 'worker-missing',
      message: expect.stringMatching(
        new RegExp(`has waited 1 s, and 127.0.0.1:${gone.port} does not answer`),
      ),
    });
    await waitForWorkers({ workers: workers.slice(0, 2), index: 0 }, 1);
  } finally {
    here.close();
  }
});
