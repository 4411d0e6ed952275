import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { protoFields } from '@overparam/files/protobuf';
import { lineageFile } from '../writers/saved-model';
import { type Inspection, lineageOf, parsed, sizeOf } from './inspection';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A folder with a `saved_model.pb`. */
export async function inspectSavedModel(
  folder: string,
  path: string,
  bytes: Uint8Array,
): Promise<Inspection> {
  const parts = (message: Uint8Array) => [...protoFields(message, path)];
  const part = (message: Uint8Array, number: number) =>
    parts(message).find(({ field }) => field === number)?.bytes ?? new Uint8Array(0);
  const metaGraph = part(bytes, 2);
  if (metaGraph.length === 0)
    throw new OverparamError('file-unknown', `${path} is no SavedModel of TensorFlow: it has no graph.`);
  const nodes = parts(part(metaGraph, 2))
    .filter(({ field }) => field === 1)
    .map(({ bytes: node }) => {
      const kind = text(part(node, 2));
      return { name: text(part(node, 1)), kind, parameters: kind === 'Const' ? constantSize(node) : 0 };
    });
  const signatures = parts(metaGraph)
    .filter(({ field }) => field === 5)
    .map(({ bytes: entry }) => text(part(entry, 1)));
  const about = join(folder, lineageFile);
  const lineage = existsSync(about) ? parsed(await readFile(about, 'utf8')) : null;
  return {
    path: folder,
    format: `SavedModel of TensorFlow ${text(part(part(metaGraph, 1), 5)) || '?'}`,
    ...lineageOf(lineage),
    layers: nodes.filter(({ kind }) => kind !== 'Const'),
    parameters: nodes.reduce((sum, { parameters }) => sum + parameters, 0),
    checks: [
      { what: 'graph', ok: nodes.length > 0, detail: `${nodes.length} nodes` },
      {
        what: 'signature',
        ok: signatures.includes('serving_default'),
        detail: signatures.join(', ') || 'it has none',
      },
    ],
  };

  /** Of a constant of float32 its numbers; of whole numbers, which are shapes, none. */
  function constantSize(node: Uint8Array): number {
    for (const { field, bytes: attribute } of parts(node)) {
      if (field !== 5 || text(part(attribute, 1)) !== 'value') continue;
      const tensor = part(part(attribute, 2), 8);
      const isFloat = parts(tensor).some(({ field: number, integer }) => number === 1 && integer === 1n);
      const sides = parts(part(tensor, 2)).filter(({ field: number }) => number === 2);
      if (isFloat) return sizeOf(sides.map(({ bytes: side }) => Number(parts(side)[0]?.integer ?? 0n)));
    }
    return 0;
  }
}
