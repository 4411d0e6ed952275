import { element, made, showFailure } from '../shared/elements';
import { messageOf } from '../shared/message';
import { drawChart, legend, smoothed } from './chart';
import type { News, Order } from './messages';
import { showResult } from './result';

type Points = (readonly [number, number])[];

const names = {
  repvgg: 'RepVGG',
  trirep: 'TriRep',
  dbb: 'DBB',
  acb: 'ACB',
  mobileone: 'MobileOne',
  fnl: 'FNL',
  expandnets: 'ExpandNets',
  doconv: 'DO-Conv',
  orepa: 'OREPA',
};

const status = element('status');
const start = element<HTMLButtonElement>('start');
const method = element<HTMLSelectElement>('method');
const progress = element<HTMLProgressElement>('progress');
let worker: Worker | null = null;
let losses: Record<'plain' | 'wide', Points> = { plain: [], wide: [] };
let accuracies: Record<'plain' | 'wide', Points> = { plain: [], wide: [] };
let updates = 1;
let epochs = 1;
let download: Uint8Array | null = null;

function draw(): void {
  const all = [...losses.plain, ...losses.wide].map(([, value]) => value);
  drawChart(element('loss'), {
    label: 'Training loss of both networks over the updates',
    lines: (['plain', 'wide'] as const).map((name) => ({
      name,
      points: smoothed(losses[name]),
      raw: losses[name],
    })),
    x: [0, updates],
    y: [0, Math.max(1.5, Math.min(4, ...(all.length > 0 ? [Math.max(...all)] : [])))],
    format: (value) => value.toFixed(2),
    xTitle: 'updates',
  });
  drawChart(element('accuracy'), {
    label: 'Share of test pictures that both networks are right about, after each pass',
    lines: (['plain', 'wide'] as const).map((name) => ({ name, points: accuracies[name] })),
    x: [0, epochs],
    y: [0, 1],
    format: (value) => `${Math.round(value * 100)} %`,
    xTitle: 'passes',
  });
}

function stop(text: string): void {
  worker?.terminate();
  worker = null;
  start.textContent = 'Train';
  status.textContent = text;
}

let engine = '';

function hear(news: News): void {
  if (news.kind === 'begun') {
    updates = news.updates;
    engine = news.engine;
    status.textContent = `Training on ${engine} …`;
  } else if (news.kind === 'update') {
    losses.plain.push([news.update, news.plain]);
    losses.wide.push([news.update, news.wide]);
    progress.value = news.update / updates;
    status.textContent = `Update ${news.update} of ${updates} on ${engine}`;
    if (document.hidden === false) draw();
  } else if (news.kind === 'epoch') {
    accuracies.plain.push([news.epoch, news.plain]);
    accuracies.wide.push([news.epoch, news.wide]);
    draw();
  } else if (news.kind === 'done') {
    download = news.onnx;
    showResult(news);
    stop(`Trained ${updates} updates on ${engine}.`);
  } else {
    stop('');
    showFailure('Training stopped', news.message);
  }
}

function begin(): void {
  if (worker !== null) {
    stop('Stopped. What was trained is gone; Train begins again.');
    return;
  }
  losses = { plain: [], wide: [] };
  accuracies = { plain: [], wide: [] };
  epochs = Number(element<HTMLSelectElement>('epochs').value);
  const seed = element<HTMLInputElement>('seed').valueAsNumber;
  if (!Number.isInteger(seed) || seed < 0 || seed > 9999) {
    status.textContent = 'The seed is a whole number from 0 to 9999.';
    return;
  }
  element('failure').hidden = true;
  element('result').hidden = true;
  progress.value = 0;
  start.textContent = 'Stop';
  status.textContent = 'Fetching the programs for networks …';
  for (const id of ['loss', 'accuracy']) {
    element(id).replaceChildren(
      legend([
        ['plain', 'plain'],
        ['wide', `${method.selectedOptions[0]!.text}, expanded`],
      ]),
    );
  }
  draw();
  worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }: MessageEvent<News>) => hear(data));
  worker.addEventListener('error', ({ message }) => {
    stop('');
    showFailure('Training cannot start in this browser', message || 'Its program did not load.');
  });
  const few = new URLSearchParams(location.search).get('updates');
  const order: Order = {
    method: method.value,
    epochs,
    seed,
    folder: new URL('./', location.href).href,
    ...(few === null ? {} : { updatesPerEpoch: Number(few) }),
  };
  worker.postMessage(order);
}

function save(): void {
  if (download === null) return;
  const link = made('a');
  link.href = URL.createObjectURL(new Blob([download as BlobPart]));
  link.download = 'collapsed.onnx';
  link.click();
  URL.revokeObjectURL(link.href);
}

try {
  for (const [value, text] of Object.entries(names)) {
    const option = made('option', { text });
    option.value = value;
    method.append(option);
  }
  start.addEventListener('click', begin);
  element('download').addEventListener('click', save);
  addEventListener('resize', draw);
  draw();
} catch (error) {
  showFailure('This page cannot start', messageOf(error));
}
