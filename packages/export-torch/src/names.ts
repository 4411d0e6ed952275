import { nearest, OverparamError } from '@overparam/errors';

/** How tensors are named. */
export type NameScheme = 'overparam' | 'torchvision';

/** A layer's name as part of a path in PyTorch: letters, digits and underscores, not beginning with a digit. */
export function pythonName(path: string): string {
  const name = path.replaceAll('/', '__').replace(/[^A-Za-z0-9_]/g, '_');
  return /^[A-Za-z]/.test(name) ? name : `layer_${name}`;
}

/** Names of the layers of ResNets by torchvision's, as patterns. */
const torchvision: readonly (readonly [RegExp, (parts: readonly string[]) => string])[] = [
  [/^stem_conv$/, () => 'conv1'],
  [/^stem_norm$/, () => 'bn1'],
  [/^stage(\d+)_block(\d+)_conv(\d)$/, ([s, b, n]) => `layer${s}.${Number(b) - 1}.conv${n}`],
  [/^stage(\d+)_block(\d+)_norm(\d)$/, ([s, b, n]) => `layer${s}.${Number(b) - 1}.bn${n}`],
  [/^stage(\d+)_block(\d+)_shortcut_conv$/, ([s, b]) => `layer${s}.${Number(b) - 1}.downsample.0`],
  [/^stage(\d+)_block(\d+)_shortcut_norm$/, ([s, b]) => `layer${s}.${Number(b) - 1}.downsample.1`],
  [/^classifier$/, () => 'fc'],
];

/**
 * The name of a layer with weights in torchvision's ResNets.
 *
 * @throws OverparamError `names-unknown` for a layer that those do not have
 */
export function torchvisionName(path: string): string {
  for (const [pattern, name] of torchvision) {
    const found = pattern.exec(path);
    if (found) return name(found.slice(1));
  }
  const near = nearest(path, [
    'stem_conv',
    'stem_norm',
    'classifier',
    'stage1_block1_conv1',
    'stage1_block1_norm1',
  ]);
  throw new OverparamError(
    'names-unknown',
    `torchvision's ResNets have no layer like "${path}"${near ? ` (the nearest is "${near}")` : ''}. Its names are for the backbones resnet18 and resnet50; leave --names out for others.`,
  );
}
