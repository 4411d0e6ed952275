import { gapBetween } from '@overparam/core-reparam';
import { keyFromSeed, normalTensor } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { architectureFor } from './architectures';
import { Fitting } from './fit';
import type { ImportedNetwork } from './imported-network';
import { collapseBlocks, type FnlReshape } from './published/collapse-blocks';
import { PlainForward } from './published/plain-forward';
import { readTensors } from './read-tensors';
import type { StateDict } from './tensors';

/** How a file of PyTorch's tensors is read into a network. */
export interface TensorImportOptions {
  /** The network; the one that the names are of where left out. */
  readonly architecture?: string;
  /** The entry of a checkpoint to take, where several hold tensors. */
  readonly key?: string;
  /** Height and width of images; the architecture's own where left out. */
  readonly size?: readonly [number, number];
  /** Epsilon of all norms, which no file holds; 1e-5 where left out, PyTorch's default. */
  readonly epsilon?: number;
  /** How the matrices of factorised layers are read; `transposed` where left out, as the published code computes. */
  readonly fnlReshape?: FnlReshape;
  /** Largest gap allowed; 1e-4 where left out. */
  readonly tolerance?: number;
}

/** Images that the network and the plain forward are compared on. */
const probes = 2;

/**
 * Reads the tensors of a PyTorch file into a network of ours. Expanded blocks of RepVGG, MobileOne, Diverse Branch Blocks
 * and FNL are collapsed. The network is then compared, on random images, with what the file's own tensors compute in plain
 * operations, block by block and branch by branch; a network that differs is not handed out.
 *
 * @throws OverparamError `unknown-architecture`, `names-mismatch`, `shapes-mismatch`, `names-left`, `non-finite-weights`, `import-mismatch`, and
 *         as `readTensors`
 * @example
 * const { model, gap } = await importTensors('repvgg-a0.pth');
 */
export async function importTensors(
  path: string,
  options: TensorImportOptions = {},
): Promise<ImportedNetwork> {
  const original = await readTensors(path, options.key === undefined ? {} : { key: options.key });
  checkNumbers(original, path);
  const settings = {
    epsilon: options.epsilon ?? 1e-5,
    fnlReshape: options.fnlReshape ?? 'transposed',
  } as const;
  const architecture = architectureFor(original, options.architecture, path);
  const { state, blocks } = collapseBlocks(original, path, settings);
  const fitting = new Fitting(state, path, architecture.name);
  const size = options.size ?? architecture.size;
  const model = architecture.build(fitting, { ...settings, size });
  try {
    const left = fitting.left();
    const unwanted = left.filter((name) => !architecture.ignored.test(name));
    if (unwanted.length > 0) {
      throw new OverparamError(
        'names-left',
        `${path}: ${architecture.name} takes no tensor "${unwanted[0]}"${unwanted.length > 1 ? ` nor ${unwanted.length - 1} others` : ''}. Say another architecture by --as; "overparam import --help" lists them.`,
      );
    }
    const gap = compare(model, (x) => architecture.forward(new PlainForward(original, settings), x), size);
    const tolerance = options.tolerance ?? 1e-4;
    if (!(gap <= tolerance)) {
      throw new OverparamError(
        'import-mismatch',
        `${path}: the network that was built computes something else than the file's tensors: gap ${gap.toExponential(1)}, expected at most ${tolerance.toExponential(0)}. Its weights may hold numbers that are not finite; otherwise report this.`,
      );
    }
    const methods = Object.keys(blocks);
    return {
      model,
      role: methods.length > 0 ? 'collapsed' : 'plain',
      architecture: architecture.name,
      gap,
      blocks,
      ignored: left,
      settings: {
        epsilon: settings.epsilon,
        ...(methods.includes('fnl') && { fnlReshape: settings.fnlReshape }),
      },
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** A ReLU makes zero of what is no number, so that outputs alone would not show it. */
function checkNumbers(state: StateDict, source: string): void {
  for (const [name, { data }] of state) {
    const least = name.endsWith('running_var') ? 0 : Number.NEGATIVE_INFINITY;
    for (const value of data) {
      if (typeof value === 'bigint' || (Number.isFinite(value) && value >= least)) continue;
      throw new OverparamError(
        'non-finite-weights',
        `${source}: tensor "${name}" holds ${value}; expected numbers that are finite, and variances of 0 or more. The network diverged in training or the file is damaged; take another checkpoint.`,
      );
    }
  }
}

function compare(
  model: tf.LayersModel,
  forward: (x: tf.Tensor4D) => tf.Tensor,
  size: readonly [number, number],
): number {
  return tf.tidy(() => {
    const x = normalTensor(keyFromSeed(15), [probes, ...size, 3], 0, 1) as tf.Tensor4D;
    return gapBetween(model.predict(x) as tf.Tensor, forward(x));
  });
}
