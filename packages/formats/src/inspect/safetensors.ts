import { isOverparamError } from '@overparam/errors';
import { decodeSafetensors, decodeSealed } from '@overparam/export';
import { grouped, type Inspection, lineageOf, parsed } from './inspection';

/** A safetensors file: of overparam's own, for PyTorch, or any other. */
export async function inspectSafetensors(path: string, bytes: Uint8Array): Promise<Inspection> {
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const own = metadata.format === 'overparam-network';
  const sealed = own ? await sealOf(bytes, path) : null;
  const lineage = own
    ? { ...Object(parsed(metadata.lineage)), role: metadata.role }
    : (parsed(metadata.overparam) ?? { role: metadata.role });
  const shapes = [...tensors].map(([name, { shape }]) => [name, shape] as const);
  const layers = [...grouped(shapes, own ? '/' : '.')].map(([name, parameters]) => ({
    name,
    kind: '',
    parameters,
  }));
  const kinds = new Set([...tensors.values()].map(({ dtype }) => dtype));
  return {
    path,
    format: own ? 'safetensors of overparam' : `safetensors${metadata.format === 'pt' ? ' for PyTorch' : ''}`,
    ...lineageOf(lineage),
    layers,
    parameters: layers.reduce((sum, { parameters }) => sum + parameters, 0),
    checks: [
      {
        what: 'header',
        ok: true,
        detail: `${tensors.size} tensors of type ${[...kinds].sort().join(', ') || 'none'}`,
      },
      ...(sealed ? [sealed] : []),
    ],
  };
}

async function sealOf(bytes: Uint8Array, path: string) {
  try {
    await decodeSealed(bytes, path);
    return { what: 'checksum', ok: true, detail: 'fits' };
  } catch (error) {
    if (!isOverparamError(error)) throw error;
    return { what: 'checksum', ok: false, detail: error.message };
  }
}
