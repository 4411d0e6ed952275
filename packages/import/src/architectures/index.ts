import { nearest, OverparamError } from '@overparam/errors';
import type { StateDict } from '../tensors';
import type { Architecture } from './architecture';
import { dilated } from './dilated';
import { resnets } from './resnets';
import { stacks } from './stacks';

/** Networks that tensors of PyTorch are read into. */
export const architectures: readonly Architecture[] = [...stacks, ...resnets, ...dilated];

/**
 * The architecture of a name, or the one whose names a state dict has.
 *
 * @throws OverparamError `unknown-architecture`
 */
export function architectureFor(state: StateDict, name: string | undefined, source: string): Architecture {
  const names = architectures.map((architecture) => architecture.name);
  if (name !== undefined) {
    const found = architectures.find((architecture) => architecture.name === name);
    if (found) return found;
    const near = nearest(name, names);
    throw new OverparamError(
      'unknown-architecture',
      `There is no architecture "${name}". ${near ? `Did you mean "${near}"?` : `There are ${names.join(', ')}.`}`,
    );
  }
  const found = architectures.find(({ recognises }) => recognises((key) => state.has(key)));
  if (found) return found;
  const first = [...state.keys()].slice(0, 4).map((key) => `"${key}"`);
  throw new OverparamError(
    'unknown-architecture',
    `${source}: its names (${first.join(', ')} and so on) are those of no architecture that is known. Say one by --as: ${names.join(', ')}.`,
  );
}
