import { OverparamError } from '@overparam/errors';
import { Fitting } from '../fit';
import { doublesOf, type SourceTensor, type StateDict } from '../tensors';
import { factorised, isDense } from './fnl';
import {
  type Affine,
  chainOf,
  identityOf,
  type Kernel,
  meanOf,
  type NormNumbers,
  sumOf,
  unbiased,
  withNorm,
} from './kernels';

/** How a published factorised layer's matrix becomes its kernel: see `factorised`. */
export type FnlReshape = 'transposed' | 'plain';

/** What a file does not hold and a reader must know. */
export interface PublishedSettings {
  /** Epsilon of all norms; PyTorch's is 1e-5. */
  readonly epsilon: number;
  readonly fnlReshape: FnlReshape;
}

/** A state dict with plain convolutions in place of expanded blocks. */
export interface CollapsedState {
  readonly state: StateDict;
  /** The methods that blocks were of, and how many of each: `repvgg`, `mobileone`, `dbb`, `fnl`. */
  readonly blocks: Readonly<Record<string, number>>;
}

/** A published form of block: what its names end in, and what it becomes. */
interface BlockForm {
  readonly method: string;
  /** The name of one of its tensors behind the block's own name. */
  readonly mark: string;
  /** All tensors of a block begin so behind its name. */
  readonly parts: RegExp;
  /** The name of the plain layer behind the block's, as its authors' own conversion has it. */
  readonly deployed: string;
  collapse(reader: BlockReader, name: string): Affine;
}

/** Takes norms and kernels of blocks. */
class BlockReader {
  constructor(
    readonly fitting: Fitting,
    readonly settings: PublishedSettings,
  ) {}

  has(name: string): boolean {
    return this.fitting.has(name);
  }

  kernel(name: string): Kernel {
    const tensor = this.fitting.take(`${name}.weight`, [null, null, null, null]);
    return { shape: tensor.shape as unknown as Kernel['shape'], data: doublesOf(tensor) };
  }

  norm(name: string, channels: number): NormNumbers {
    const take = (part: string) => doublesOf(this.fitting.take(`${name}.${part}`, [channels]));
    return {
      gamma: take('weight'),
      beta: take('bias'),
      mean: take('running_mean'),
      variance: take('running_var'),
      epsilon: this.settings.epsilon,
    };
  }

  /** A convolution without bias and the norm behind it. */
  normed(conv: string, norm: string): Affine {
    const kernel = this.kernel(conv);
    return withNorm(unbiased(kernel), this.norm(norm, kernel.shape[0]));
  }

  /** A norm of the block's input itself, beside a kernel that says the channels and groups. */
  identity(norm: string, [cout, cin]: Kernel['shape']): Affine {
    return withNorm(unbiased(identityOf(cout, cout / cin)), this.norm(norm, cout));
  }
}

const forms: readonly BlockForm[] = [
  {
    // Ding et al. 2021, https://arxiv.org/abs/2101.03697
    method: 'repvgg',
    mark: 'rbr_dense.conv.weight',
    parts: /^rbr_(dense|1x1|identity)\./,
    deployed: 'rbr_reparam',
    collapse(reader, name) {
      const dense = reader.normed(`${name}rbr_dense.conv`, `${name}rbr_dense.bn`);
      const branches = [dense, reader.normed(`${name}rbr_1x1.conv`, `${name}rbr_1x1.bn`)];
      if (reader.has(`${name}rbr_identity.weight`)) {
        branches.push(reader.identity(`${name}rbr_identity`, dense.kernel.shape));
      }
      return sumOf(branches);
    },
  },
  {
    // Vasu et al. 2023, https://arxiv.org/abs/2206.04040
    method: 'mobileone',
    mark: 'rbr_conv.0.conv.weight',
    parts: /^rbr_(conv\.\d+|scale|skip)\./,
    deployed: 'reparam_conv',
    collapse(reader, name) {
      const branches: Affine[] = [];
      for (let index = 0; reader.has(`${name}rbr_conv.${index}.conv.weight`); index++) {
        branches.push(reader.normed(`${name}rbr_conv.${index}.conv`, `${name}rbr_conv.${index}.bn`));
      }
      if (reader.has(`${name}rbr_scale.conv.weight`)) {
        branches.push(reader.normed(`${name}rbr_scale.conv`, `${name}rbr_scale.bn`));
      }
      if (reader.has(`${name}rbr_skip.weight`)) {
        branches.push(reader.identity(`${name}rbr_skip`, branches[0]!.kernel.shape));
      }
      return sumOf(branches);
    },
  },
  {
    // Ding et al. 2021, https://arxiv.org/abs/2103.13425
    method: 'dbb',
    mark: 'dbb_origin.conv.weight',
    parts: /^dbb_(origin|avg|1x1|1x1_kxk)\./,
    deployed: 'dbb_reparam',
    collapse(reader, name) {
      const origin = reader.normed(`${name}dbb_origin.conv`, `${name}dbb_origin.bn`);
      const [cout, , side] = origin.kernel.shape;
      const branches = [origin];
      if (reader.has(`${name}dbb_1x1.conv.weight`)) {
        branches.push(reader.normed(`${name}dbb_1x1.conv`, `${name}dbb_1x1.bn`));
      }
      const chain = `${name}dbb_1x1_kxk.`;
      const second = reader.normed(`${chain}conv2`, `${chain}bn2`);
      const given = reader.kernel(reader.has(`${chain}idconv1.weight`) ? `${chain}idconv1` : `${chain}conv1`);
      const [middle, perGroup] = given.shape;
      const groups = middle / second.kernel.shape[1];
      const first = reader.has(`${chain}idconv1.weight`)
        ? sumOf([unbiased(given), unbiased(identityOf(middle, middle / perGroup))])
        : unbiased(given);
      branches.push(chainOf(withNorm(first, reader.norm(`${chain}bn1.bn`, middle)), second, groups));
      const mean = withNorm(unbiased(meanOf(cout, groups, side)), reader.norm(`${name}dbb_avg.avgbn`, cout));
      branches.push(
        reader.has(`${name}dbb_avg.conv.weight`)
          ? chainOf(reader.normed(`${name}dbb_avg.conv`, `${name}dbb_avg.bn.bn`), mean, groups)
          : mean,
      );
      return sumOf(branches);
    },
  },
  {
    // Khodak et al. 2021, https://arxiv.org/abs/2105.01029
    method: 'fnl',
    mark: 'VT',
    parts: /^(U|M|VT)$/,
    deployed: '',
    collapse({ fitting, settings }, name) {
      return unbiased(factorised(fitting, name, settings.fnlReshape));
    },
  },
];

/**
 * Replaces the expanded blocks of published codes in a state dict by plain convolutions, named as their authors' own
 * conversions name them. All other tensors are handed on.
 *
 * @throws OverparamError `names-mismatch`, `shapes-mismatch`
 */
export function collapseBlocks(
  state: StateDict,
  source: string,
  settings: PublishedSettings,
): CollapsedState {
  const made = new Map<string, SourceTensor>();
  const blocks: Record<string, number> = {};
  const spent = new Set<string>();
  const reader = new BlockReader(new Fitting(state, source, 'a published block'), settings);
  for (const form of forms) {
    for (const name of namesOf(state, form.mark)) {
      const { kernel, bias } = form.collapse(reader, name);
      checkFinite(kernel.data, source, name);
      const layer = form.deployed === '' ? name : `${name}${form.deployed}.`;
      const dense = form.method === 'fnl' && isDense(name);
      const shape = dense ? kernel.shape.slice(0, 2) : kernel.shape;
      made.set(`${layer}weight`, { dtype: 'float64', shape, data: kernel.data });
      if (form.deployed !== '')
        made.set(`${layer}bias`, { dtype: 'float64', shape: [bias.length], data: bias });
      blocks[form.method] = (blocks[form.method] ?? 0) + 1;
      for (const key of state.keys()) {
        if (key.startsWith(name) && form.parts.test(key.slice(name.length))) spent.add(key);
      }
    }
  }
  const kept = [...state].filter(([name]) => !spent.has(name));
  return { state: new Map([...kept, ...made]), blocks };
}

/** Names of blocks, with their last dot, by a tensor that each has. */
function namesOf(state: StateDict, mark: string): string[] {
  return [...state.keys()]
    .filter((key) => key === mark || key.endsWith(`.${mark}`))
    .map((key) => key.slice(0, key.length - mark.length));
}

function checkFinite(numbers: Float64Array, source: string, name: string): void {
  if (numbers.every(Number.isFinite)) return;
  throw new OverparamError(
    'non-finite-weights',
    `${source}: block "${name.replace(/\.$/, '')}" collapses to numbers that are not finite; its norms' variances or weights are damaged. Train or fetch it again.`,
  );
}
