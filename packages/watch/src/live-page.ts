import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { OverparamError } from '@overparam/errors';
import {
  progressPageData,
  progressSections,
  renderProgressPage,
  renderRunPage,
  runPageData,
  runSections,
} from '@overparam/report';
import type { Watched } from './follow';

/** How {@link serveLivePage} serves. */
export interface LivePageOptions {
  /** The port to take; the first free one from 4680 on where left out. */
  readonly port?: number;
}

/** A page that is served. */
export interface LivePage {
  /** `http://127.0.0.1:4680/`. */
  readonly address: string;
  /** Shows news; all that are open change. */
  show(report: Watched): void;
  /** Ends serving, once those who just opened the page have what was shown last. */
  close(): Promise<void>;
}

/** Served to this machine only: a run's config may say what its owner tells nobody. */
const host = '127.0.0.1';
const usualPort = 4680;
const portsTried = 20;

/** Milliseconds that a page that was just opened has to ask for news. */
const grace = 400;

/** Listens at a port. @returns false where it is in use */
function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      server.off('listening', succeed);
      if (error.code === 'EADDRINUSE') resolve(false);
      else if (error.code === 'EACCES')
        reject(
          new OverparamError(
            'port-denied',
            `Port ${port} is not open to you: those below 1024 are the system's. Choose another --port, such as ${usualPort}.`,
          ),
        );
      else reject(error);
    };
    const succeed = () => {
      server.off('error', fail);
      resolve(true);
    };
    server.once('error', fail).once('listening', succeed).listen(port, host);
  });
}

async function listenSomewhere(server: Server, wanted: number | undefined): Promise<void> {
  if (wanted !== undefined) {
    if (await listens(server, wanted)) return;
    throw new OverparamError(
      'port-in-use',
      `Port ${wanted} is in use by another program. Choose another --port, or leave it out to take the first that is free.`,
    );
  }
  for (let port = usualPort; port < usualPort + portsTried; port++) if (await listens(server, port)) return;
  throw new OverparamError(
    'port-in-use',
    `Ports ${usualPort} to ${usualPort + portsTried - 1} are all in use. Choose one that is free: --port 5000.`,
  );
}

/** A page as it opens. */
function pageOf(report: Watched): string {
  return 'runs' in report ? renderProgressPage(report) : renderRunPage(report, { isLive: true });
}

/** News as a server-sent event. */
function newsOf(report: Watched): string {
  const [sections, data] =
    'runs' in report
      ? [progressSections(report), progressPageData(report)]
      : [runSections(report), runPageData(report)];
  const news = { sections, data, isOver: report.state === 'finished' };
  return `data: ${JSON.stringify(news)}\n\n`;
}

/** Answers a request. A page of another host's name, which a browser was led here by, gets nothing. */
function answer(
  request: IncomingMessage,
  response: ServerResponse,
  report: Watched,
  listeners: Set<ServerResponse>,
): void {
  const reply = (status: number, text: string, type = 'text/plain; charset=utf-8') =>
    response
      .writeHead(status, {
        'content-type': type,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      })
      .end(text);
  const name = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (name !== host && name !== 'localhost') return void reply(403, 'This page is for this machine only.\n');
  if (request.method !== 'GET') return void reply(405, 'There is nothing to send here.\n');
  if (request.url === '/') return void reply(200, pageOf(report), 'text/html; charset=utf-8');
  if (request.url !== '/events') return void reply(404, 'There is one page here: /\n');
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(newsOf(report));
  listeners.add(response);
  response.on('close', () => listeners.delete(response));
}

/**
 * Serves the page of a run or a comparison to browsers of this machine, and tells those that have it open what is new.
 *
 * @param report  what is shown at first
 * @throws OverparamError `port-in-use`, `port-denied`
 * @example
 * const page = await serveLivePage(report);
 * console.log(page.address); // http://127.0.0.1:4680/
 */
export async function serveLivePage(report: Watched, { port }: LivePageOptions = {}): Promise<LivePage> {
  let shown = report;
  const listeners = new Set<ServerResponse>();
  const server = createServer((request, response) => answer(request, response, shown, listeners));
  await listenSomewhere(server, port);
  return {
    address: `http://${host}:${(server.address() as AddressInfo).port}/`,
    show(news) {
      shown = news;
      const text = newsOf(news);
      for (const listener of listeners) listener.write(text);
    },
    async close() {
      await sleep(grace);
      for (const listener of listeners) listener.end();
      server.close();
      server.closeAllConnections();
    },
  };
}
