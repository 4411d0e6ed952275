import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { costCard } from '@overparam/core-reparam';
import { isOverparamError } from '@overparam/errors';
import { readNetwork } from '@overparam/export/node';
import type { Inspection, InspectionCheck } from './inspection';
import { inspectSafetensors } from './safetensors';
import { layersIn } from './tfjs';

/** A folder of overparam's own: `model.json` and `weights.safetensors`. No layers but those of tfjs and of this program are built. */
export async function inspectNetworkFolder(folder: string): Promise<Inspection> {
  const weights = await inspectSafetensors(folder, await readFile(join(folder, 'weights.safetensors')));
  const kinds = await kindsIn(join(folder, 'model.json'));
  const parameters = new Map(weights.layers.map((layer) => [layer.name, layer.parameters]));
  const layers = kinds.map(({ name, kind }) => ({
    name,
    kind,
    parameters: parameters.get(name.split('/').at(-1)!) ?? 0,
  }));
  const { check, multiplyAdds } = weights.role === 'expanded' ? expanded() : await built(folder);
  return {
    ...weights,
    format: 'a network folder of overparam',
    layers: layers.length > 0 ? layers : weights.layers,
    multiplyAdds,
    checks: [...weights.checks, check],
  };
}

async function kindsIn(path: string): Promise<{ name: string; kind: string }[]> {
  try {
    const json = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    return layersIn(Object(Object(json).modelTopology ?? json), '', 0);
  } catch {
    return [];
  }
}

function expanded() {
  const detail = 'not built: its layers are those of its method';
  return { check: { what: 'network', ok: true, detail }, multiplyAdds: null };
}

async function built(folder: string): Promise<{ check: InspectionCheck; multiplyAdds: number | null }> {
  try {
    const { model } = await readNetwork(folder);
    const { expanded: cost } = await costCard(model);
    model.dispose();
    return {
      check: { what: 'network', ok: true, detail: 'topology and weights fit' },
      multiplyAdds: cost.multiplyAdds,
    };
  } catch (error) {
    if (!isOverparamError(error)) throw error;
    return { check: { what: 'network', ok: false, detail: error.message }, multiplyAdds: null };
  }
}
