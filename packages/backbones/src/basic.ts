import { add, channelsOf, convolution, norm, paddedShortcut, relu } from '@overparam/layers';
import type * as tf from '@tensorflow/tfjs';
import { type Stem, smallStem } from './stems';

/** How a block's input reaches its output where their shapes differ; `none` leaves shortcuts out altogether. */
export type Shortcut = 'A' | 'B' | 'none';

/** Stages of basic blocks behind a stem. */
export interface BasicTrunk {
  /** Channels of the stem. */
  readonly width: number;
  /** The one for small images where left out. */
  readonly stem?: Stem;
  /** The first block of each stage but the first has stride 2. */
  readonly stages: readonly { readonly filters: number; readonly blocks: number }[];
  readonly shortcut: Shortcut;
}

/** The trunk of He et al.'s networks from basic blocks: two 3x3 convolutions a block. */
export function basicTrunk(image: tf.SymbolicTensor, trunk: BasicTrunk): tf.SymbolicTensor {
  let x = (trunk.stem ?? smallStem)(image, trunk.width);
  trunk.stages.forEach(({ filters, blocks }, stage) => {
    for (let block = 0; block < blocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      x = basicBlock(x, `stage${stage + 1}_block${block + 1}`, { filters, stride, shortcut: trunk.shortcut });
    }
  });
  return x;
}

function basicBlock(
  x: tf.SymbolicTensor,
  name: string,
  options: { readonly filters: number; readonly stride: number; readonly shortcut: Shortcut },
): tf.SymbolicTensor {
  const { filters, stride, shortcut } = options;
  let y = convolution(x, `${name}_conv1`, { filters, size: 3, stride });
  y = relu(norm(y, `${name}_norm1`), `${name}_relu1`);
  y = norm(convolution(y, `${name}_conv2`, { filters, size: 3 }), `${name}_norm2`);
  if (shortcut !== 'none') y = add(y, shortcutOf(x, name, { filters, stride, shortcut }), `${name}_add`);
  return relu(y, `${name}_relu2`);
}

/** What is added to a block's output: x itself where the shapes agree. */
export function shortcutOf(
  x: tf.SymbolicTensor,
  name: string,
  options: { readonly filters: number; readonly stride: number; readonly shortcut: 'A' | 'B' },
): tf.SymbolicTensor {
  const { filters, stride, shortcut } = options;
  if (stride === 1 && channelsOf(x) === filters) return x;
  if (shortcut === 'A') return paddedShortcut(x, `${name}_shortcut`, { filters, stride });
  const y = convolution(x, `${name}_shortcut_conv`, { filters, size: 1, stride });
  return norm(y, `${name}_shortcut_norm`);
}
