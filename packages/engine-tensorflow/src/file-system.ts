import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OverparamError } from '@overparam/errors';
import { writeFileAtomic } from '@overparam/files';
import * as tf from '@tensorflow/tfjs';

const scheme = 'file://';
const topologyFile = 'model.json';
const weightsFile = 'weights.bin';

/**
 * Reads and writes networks of tfjs in folders, as tfjs-node does under `file://`: a network is saved as `model.json` and
 * `weights.bin` in a folder, and loaded from the path of a `model.json`, whose files of weights are beside it or below.
 *
 * @param path  of the folder to save to, or of the `model.json` to load
 */
export function fileSystem(path: string): tf.io.IOHandler {
  return { save: (artifacts) => save(path, artifacts), load: () => load(path) };
}

/** Registers {@link fileSystem} for `file://` with tfjs, where nothing else has. */
export function registerFileSystem(): void {
  const probe = `${scheme}/probe`;
  const route = (url: string | string[]) =>
    typeof url === 'string' && url.startsWith(scheme) ? fileSystem(pathOf(url)) : (null as never);
  if (tf.io.getLoadHandlers(probe).length === 0) tf.io.registerLoadRouter(route);
  if (tf.io.getSaveHandlers(probe).length === 0) tf.io.registerSaveRouter(route);
}

/** The path in an address; `file://./here`, which tfjs-node takes and no other, is one from the present folder on. */
function pathOf(url: string): string {
  return url.startsWith(`${scheme}/`) ? fileURLToPath(url) : url.slice(scheme.length);
}

async function save(folder: string, artifacts: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> {
  if (!artifacts.modelTopology || artifacts.modelTopology instanceof ArrayBuffer)
    throw new OverparamError(
      'topology-invalid',
      `Cannot save to ${folder}: only networks with a JSON topology can be.`,
    );
  const weights = new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData));
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(join(folder, weightsFile), weights);
  await writeFileAtomic(join(folder, topologyFile), JSON.stringify(manifestOf(artifacts)));
  return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
}

function manifestOf({
  weightData: _,
  weightSpecs,
  modelInitializer: __,
  ...others
}: tf.io.ModelArtifacts): tf.io.ModelJSON {
  const weightsManifest = [{ paths: [weightsFile], weights: weightSpecs ?? [] }];
  return { ...others, modelTopology: others.modelTopology!, weightsManifest } as tf.io.ModelJSON;
}

async function load(path: string): Promise<tf.io.ModelArtifacts> {
  const text = await readExisting(path);
  let json: tf.io.ModelJSON;
  try {
    json = JSON.parse(text.toString('utf8')) as tf.io.ModelJSON;
    if (typeof json !== 'object' || json === null || !json.modelTopology)
      throw new Error('it has no modelTopology');
  } catch (cause) {
    throw new OverparamError(
      'topology-invalid',
      `${path} is no model.json of TensorFlow.js: ${(cause as Error).message}. Give the path of one that model.save wrote.`,
      { cause },
    );
  }
  return tf.io.getModelArtifactsForJSON(json, async (manifest) => {
    const specs = manifest.flatMap(({ weights }) => weights);
    const parts: Buffer[] = [];
    for (const name of manifest.flatMap(({ paths }) => paths))
      parts.push(await readExisting(below(path, name)));
    const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let position = 0;
    for (const part of parts) {
      all.set(part, position);
      position += part.length;
    }
    return [specs, all.buffer];
  });
}

/** A file of weights that a `model.json` names: in its folder or below, and nowhere else. */
function below(path: string, name: string): string {
  const folder = dirname(resolve(path));
  const file = resolve(folder, name);
  const from = relative(folder, file);
  if (from === '' || from === '..' || from.startsWith(`..${sep}`) || resolve(from) === from) {
    throw new OverparamError(
      'topology-invalid',
      `${path} names the weights "${name}", which are not in its folder. Nothing outside of it is read.`,
    );
  }
  return file;
}

async function readExisting(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause) || cause.code !== 'ENOENT') throw cause;
    throw new OverparamError('file-missing', `There is no file ${path}. Check the path.`, { cause });
  }
}
