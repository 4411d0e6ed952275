import { element, made, showFailure } from '../shared/elements';
import { messageOf } from '../shared/message';
import { compareEngines } from './agreement';
import { answerElement } from './answers';
import { type Camera, openCamera } from './camera';
import type { Answer, Engine, Loaded } from './engine';
import { lineageRows } from './lineage';
import { type NetworkPage, readPage } from './network-page';
import { onnxEngines } from './onnx';
import { drawFor, inputOf, type Picture, pictureOf } from './picture';
import { tensorflowJs } from './tensorflow';

const engines: readonly Engine[] = [...onnxEngines, tensorflowJs];

const message = element('message');
const canvas = element<HTMLCanvasElement>('shown');
const video = element<HTMLVideoElement>('video');
const loaded = new Map<Engine, Promise<Loaded>>();
let page: NetworkPage;
let current: Loaded | null = null;
let shown: Picture | null = null;
let camera: Camera | null = null;

function say(text: string, bad = false): void {
  message.textContent = text;
  message.classList.toggle('bad', bad);
}

function load(engine: Engine): Promise<Loaded> {
  const known = loaded.get(engine) ?? engine.load(page.networks);
  loaded.set(engine, known);
  return known;
}

/** What every task answers to a picture. */
async function answersTo(picture: Picture): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const [index, network] of page.networks.entries())
    answers.push(...(await current!.run(index, inputOf(drawFor(canvas, picture, network), network))));
  return answers;
}

/** Runs the networks on the picture that is shown, and shows what they say. */
async function look(): Promise<void> {
  if (shown === null || current === null) return;
  const started = performance.now();
  const answers = await answersTo(shown);
  const milliseconds = performance.now() - started;
  const tasks = page.networks.flatMap((network) => network.tasks);
  const nodes = answers.map((answer, index) => {
    const about = tasks[index] ?? { name: `output ${index + 1}`, kind: 'regression' };
    return answerElement(about, answer, tasks.length === 1);
  });
  element('answers').replaceChildren(...nodes);
  canvas.hidden = false;
  canvas.classList.toggle('tiny', canvas.width <= 64);
  for (const text of document.querySelectorAll<HTMLElement>('.drop-text')) text.hidden = true;
  element('timing').textContent = `${current.description}: ${milliseconds.toFixed(1)} ms for this picture.`;
}

async function show(file: Blob, name: string): Promise<void> {
  stopCamera();
  try {
    shown = await pictureOf(file, name);
    say('');
    await look();
  } catch (error) {
    say(messageOf(error), true);
  }
}

function stopCamera(): void {
  camera?.stop();
  camera = null;
  element('camera').textContent = 'Use the camera';
}

async function watch(opened: Camera): Promise<void> {
  while (camera === opened) {
    await look();
    await new Promise(requestAnimationFrame);
  }
}

async function toggleCamera(): Promise<void> {
  if (camera !== null) return stopCamera();
  try {
    camera = await openCamera(video);
    shown = video;
    element('camera').textContent = 'Stop the camera';
    say('');
    await watch(camera);
  } catch (error) {
    stopCamera();
    say(messageOf(error), true);
  }
}

/** Takes an engine, after it was compared with another one. */
async function take(engine: Engine): Promise<void> {
  element('timing').textContent = `Loading ${engine.title} …`;
  const found = await load(engine);
  const other = engine === tensorflowJs ? onnxEngines[1]! : tensorflowJs;
  const wanted = await load(other);
  const gap = await compareEngines(page.networks, found, wanted);
  element('agreement').textContent =
    `Checked here: ${found.description} and ${wanted.description} differ by ${gap.toExponential(1)} of the largest number.`;
  current = found;
  element('timing').textContent = `${found.description} is ready.`;
  await look();
}

async function offerEngines(): Promise<void> {
  const group = element('engines');
  const choices = await Promise.all(
    engines.map(async (engine) => ({ engine, reason: await engine.missing() })),
  );
  const buttons = choices.map(({ engine, reason }) => {
    const button = made('input');
    button.type = 'radio';
    button.name = 'engine';
    button.value = engine.name;
    button.disabled = reason !== null;
    button.addEventListener('change', () => {
      take(engine).catch((error) => {
        element('timing').textContent = messageOf(error);
      });
    });
    group.append(
      made('label', {}, [
        button,
        made('b', { text: engine.title }),
        made('span', { text: reason ?? 'Runs in this browser.' }),
      ]),
    );
    return button;
  });
  for (const [index, { engine, reason }] of choices.entries()) {
    if (reason !== null) continue;
    try {
      await take(engine);
      buttons[index]!.checked = true;
      return;
    } catch (error) {
      buttons[index]!.disabled = true;
      buttons[index]!.parentElement!.querySelector('span')!.textContent = messageOf(error);
    }
  }
  throw new Error('None of the programs for networks runs in this browser; the reasons are below.');
}

function offerPictures(): void {
  const gallery = element('gallery');
  for (const [index, address] of page.pictures.entries()) {
    const image = made('img');
    image.src = address;
    image.alt = `Picture ${index + 1}`;
    const button = made('button', {}, [image]);
    button.type = 'button';
    button.addEventListener('click', async () => {
      const response = await fetch(address);
      await show(await response.blob(), `Picture ${index + 1}`);
    });
    gallery.append(button);
  }
  gallery.hidden = page.pictures.length === 0;
}

function listen(): void {
  const drop = element('drop');
  const input = element<HTMLInputElement>('file');
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    if (file) void show(file, file.name);
    // So that the same file can be chosen again.
    input.value = '';
  });
  for (const kind of ['dragover', 'dragleave', 'drop'] as const)
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle('over', kind === 'dragover');
    });
  drop.addEventListener('drop', ({ dataTransfer }) => {
    const [file] = dataTransfer?.files ?? [];
    if (file) void show(file, file.name);
    else say('That was not a file. Drop a picture from a folder.', true);
  });
  element('camera').addEventListener('click', () => void toggleCamera());
}

async function start(): Promise<void> {
  page = await readPage();
  document.title = page.title;
  element('title').textContent = page.title;
  const [{ about, shape, tasks }] = page.networks as [NetworkPage['networks'][number]];
  const names = page.networks.length > 1 ? page.networks.flatMap((each) => each.tasks) : tasks;
  element('about').textContent =
    `For each picture: ${names.map(({ name }) => name).join(', ') || 'what it was trained for'}. It sees pictures in ${shape[1]} × ${shape[0]} pixels.`;
  element('lineage').append(
    ...lineageRows(about).flatMap(([term, text]) => [made('dt', { text: term }), made('dd', { text })]),
  );
  listen();
  offerPictures();
  await offerEngines();
}

start().catch((error) => showFailure('This page cannot show its network', messageOf(error)));
