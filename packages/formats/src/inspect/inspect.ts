import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import '@overparam/layers';
import { networksIn } from '../networks-in';
import { onnxFile } from '../writers/onnx';
import { savedModelFile } from '../writers/saved-model';
import { modelFile } from '../writers/tfjs';
import { torchFiles } from '../writers/torch';
import type { Inspection } from './inspection';
import { inspectNetworkFolder } from './network-folder';
import { inspectOnnx } from './onnx';
import { inspectSafetensors } from './safetensors';
import { inspectSavedModel } from './saved-model';
import { inspectTfjs } from './tfjs';

/**
 * Says what a file or a folder of networks is: a run's folder, a network's folder, ONNX, safetensors, a `model.json` of
 * TensorFlow.js or a SavedModel. Nothing that it holds is executed.
 *
 * @returns one for each network; a run's folder has its trained one, its collapsed ones, what was exported and what is in eight bits
 * @throws OverparamError `file-missing`; `file-unknown` where it is none of these; `safetensors-invalid`, `protobuf-invalid`
 *   where it is damaged
 */
export async function inspect(path: string): Promise<Inspection[]> {
  const there = await stat(path).catch(() => null);
  if (!there) throw new OverparamError('file-missing', `There is no file or folder ${path}. Check the path.`);
  if (!there.isDirectory()) return [await inspectFile(path)];
  const found = await inspectFolder(path);
  if (found.length > 0) return found;
  throw new OverparamError(
    'file-unknown',
    `The folder ${path} holds no network that is known: no ${['weights.safetensors', modelFile, onnxFile, savedModelFile, torchFiles.weights].join(', ')}.`,
  );
}

async function inspectFolder(folder: string): Promise<Inspection[]> {
  const file = (name: string) => join(folder, name);
  if (existsSync(file('weights.safetensors'))) return [await inspectNetworkFolder(folder)];
  if (existsSync(file(savedModelFile)))
    return [await inspectSavedModel(folder, file(savedModelFile), await readFile(file(savedModelFile)))];
  for (const name of [onnxFile, torchFiles.weights, modelFile])
    if (existsSync(file(name))) return [await inspectFile(file(name))];
  const places = existsSync(file('config.yaml'))
    ? ['final', 'collapsed', 'exported', 'quantised'].map(file)
    : [folder];
  const inner = await Promise.all(places.map(foldersIn));
  const networks = await Promise.all(
    places.filter((place) => place !== folder).map((place) => networksIn(place)),
  );
  const listed = [...networks.flat().map((network) => network.folder), ...inner.flat()];
  const inspections: Inspection[] = [];
  for (const place of new Set(listed)) inspections.push(...(await inspectFolder(place)));
  for (const one of await int8Files(file('quantised'))) inspections.push(await inspectFile(one));
  return inspections;
}

/** Files of networks in eight bits: one, or one for each task. */
async function int8Files(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith('.onnx'))
    .sort()
    .map((name) => join(folder, name));
}

async function foldersIn(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const known = ['weights.safetensors', savedModelFile, onnxFile, torchFiles.weights, modelFile];
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => join(folder, name))
    .filter((place) => known.some((name) => existsSync(join(place, name))))
    .sort();
}

async function inspectFile(path: string): Promise<Inspection> {
  return inspectBytes(path, await readFile(path));
}

/** What a file is, by its contents. */
export async function inspectBytes(path: string, bytes: Uint8Array): Promise<Inspection> {
  if (bytes.length > 8) {
    const header = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
    // A safetensors header is JSON behind its length.
    if (header <= BigInt(bytes.length) && bytes[8] === 0x7b) return inspectSafetensors(path, bytes);
  }
  const first = bytes.find((byte) => byte > 32);
  if (first === 0x7b) return inspectTfjs(path, bytes);
  if (path.endsWith('.pb')) return inspectSavedModel(join(path, '..'), path, bytes);
  // Of Keras and PyTorch, which write zip archives, too.
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (bytes.length === 0 || isZip || /\.(h5|keras|pth?)$/.test(path)) {
    throw new OverparamError(
      'file-unknown',
      `${path} is none of ONNX, safetensors, a model.json or a SavedModel. Import it first where it is of Keras or PyTorch: overparam import.`,
    );
  }
  return inspectOnnx(path, bytes);
}
