import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OverparamError } from '@overparam/errors';
import { encodeTfjs } from '@overparam/export';
import { readNetwork } from '@overparam/export/node';
import { encodeNetworkAsOnnx } from '@overparam/export-onnx';
import { type NetworkFolder, networksIn, onnxMetadata } from '@overparam/formats';
import '@overparam/layers';

/** What {@link writePage} is told beside the run. */
export interface PageOptions {
  /** Heading of the page; the run's folder's name where left out. */
  readonly title?: string;
  /** Picture files that the page offers to try; where left out, those that the run kept of its own data. */
  readonly pictures?: readonly string[];
}

/** What {@link writePage} wrote. */
export interface PageReport {
  readonly folder: string;
  /** Names of the tasks that have a network of their own, or one entry `null`: one network for all. */
  readonly networks: readonly (string | null)[];
  /** How many pictures the page offers. */
  readonly pictures: number;
  /** Bytes of networks; the page's own programs are about 45 MB, of which a browser loads what it needs. */
  readonly bytes: number;
}

/** The file that says what a page holds; also how an older page is known as one. */
const contents = 'networks.json';

/** Beside the built program, and where the sources of it put the page. */
const places = ['./page', '../../dist/page'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

function builtPage(): string {
  const found = places.find((folder) => existsSync(join(folder, 'index.html')));
  if (found !== undefined) return found;
  throw new OverparamError(
    'page-missing',
    `The page is not built: ${places[0]} is not there. In a clone: npm run pack -- FOLDER builds all packages.`,
  );
}

const kinds = new Set(['.png', '.jpg', '.jpeg', '.webp', '.gif', '.avif']);

async function networksOf(run: string): Promise<readonly NetworkFolder[]> {
  for (const folder of [join(run, 'collapsed'), run]) {
    const found = await networksIn(folder);
    if (found.length > 0) return found;
  }
  throw new OverparamError(
    'network-missing',
    existsSync(join(run, 'config.yaml'))
      ? `${run} holds no collapsed network yet. Finish the run (overparam train --resume ${run}), then write the page.`
      : `${run} is no run and no network: expected a folder that \`overparam train\`, \`collapse\` or \`import\` wrote, with weights.safetensors or collapsed/ in it.`,
  );
}

async function picturesOf(run: string, given: readonly string[] | undefined): Promise<readonly string[]> {
  const panels = join(run, 'final', 'panels');
  const own = existsSync(panels) ? (await readdir(panels)).filter((name) => name.endsWith('-input.png')) : [];
  const pictures = given ?? own.sort().map((name) => join(panels, name));
  for (const path of pictures) {
    if (!existsSync(path)) throw new OverparamError('file-missing', `There is no picture ${path}.`);
    if (!kinds.has(extname(path).toLowerCase()))
      throw new OverparamError(
        'invalid-option',
        `${path} is no picture that every browser shows: expected ${[...kinds].join(', ')}.`,
      );
  }
  return pictures;
}

/** Refuses to put a page over anything but a page. */
async function refuseOther(target: string): Promise<void> {
  const there = await stat(target).catch(() => null);
  if (there === null || (there.isDirectory() && existsSync(join(target, contents)))) return;
  if (there.isDirectory() && (await readdir(target)).length === 0) return;
  throw new OverparamError(
    'folder-not-empty',
    `${target} holds something else than an earlier page. Name a new folder with --out, or empty it.`,
  );
}

/**
 * Writes a page that runs a collapsed network on pictures and on the camera: the network as ONNX and for TensorFlow.js, and the
 * programs for both. The folder is static: any server of files will do, and nothing in it loads from elsewhere. The page
 * itself compares what the two programs compute before it shows an answer.
 *
 * @param run  a run's folder, or one of a network
 * @param out  the folder to write; an earlier page there is replaced, at once
 * @throws OverparamError `network-missing`, `wrong-role`, `unsupported-layer`, `file-missing`, `folder-not-empty`;
 *   `page-missing` in a clone where the page was not built
 */
export async function writePage(run: string, out: string, options: PageOptions = {}): Promise<PageReport> {
  const built = builtPage();
  const networks = await networksOf(run);
  const pictures = await picturesOf(run, options.pictures);
  const target = resolve(out);
  await refuseOther(target);
  await mkdir(dirname(target), { recursive: true });
  const staging = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.part`);
  try {
    await cp(built, staging, { recursive: true });
    let bytes = 0;
    const listed: { task: string | null; folder: string }[] = [];
    for (const [index, { task, folder }] of networks.entries()) {
      const { model, metadata } = await readNetwork(folder);
      const name = `network-${index}`;
      await mkdir(join(staging, name));
      const write = async (file: string, data: string | Uint8Array) => {
        await writeFile(join(staging, name, file), data);
        bytes += data.length;
      };
      const { bytes: file } = await encodeNetworkAsOnnx(model, { metadata: onnxMetadata(metadata) });
      await write('model.onnx', file);
      // Layers that stock TensorFlow.js lacks are in the page's program.
      const { modelJson, shards } = await encodeTfjs(model, metadata);
      await write('model.json', modelJson);
      for (const [path, data] of shards) await write(path, data);
      model.dispose();
      listed.push({ task, folder: name });
    }
    await mkdir(join(staging, 'pictures'));
    const offered = pictures.map((path, index) => ({
      path,
      name: `pictures/${index}${extname(path).toLowerCase()}`,
    }));
    for (const { path, name } of offered) await cp(path, join(staging, name));
    const title = options.title ?? basename(resolve(run));
    const page = { title, networks: listed, pictures: offered.map(({ name }) => name) };
    await writeFile(join(staging, contents), `${JSON.stringify(page, null, 2)}\n`);
    await rm(target, { recursive: true, force: true });
    await rename(staging, target);
    return { folder: out, networks: networks.map(({ task }) => task), pictures: offered.length, bytes };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
