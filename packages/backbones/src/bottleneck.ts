import { add, convolution, norm, relu } from '@overparam/layers';
import type * as tf from '@tensorflow/tfjs';
import { shortcutOf } from './basic';
import type { Stem } from './stems';

/** Output channels of a bottleneck for each channel of its 3x3 convolution. */
const widening = 4;

/** A trunk of bottleneck blocks behind a stem. */
export interface BottleneckTrunk {
  readonly stem: Stem;
  /** Channels of the stem and of the first stage's 3x3 convolutions. */
  readonly width: number;
  /** Blocks of each stage; the channels double from stage to stage. */
  readonly blocks: readonly number[];
}

/**
 * The trunk of He et al.'s deeper networks: 1x1, 3x3 and 1x1 convolutions a block, projection shortcuts. The
 * stride is on the 3x3 convolution (known as v1.5), not on the first 1x1 as in the paper.
 */
export function bottleneckTrunk(image: tf.SymbolicTensor, trunk: BottleneckTrunk): tf.SymbolicTensor {
  let x = trunk.stem(image, trunk.width);
  trunk.blocks.forEach((blocks, stage) => {
    for (let block = 0; block < blocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      x = bottleneck(x, `stage${stage + 1}_block${block + 1}`, trunk.width * 2 ** stage, { stride });
    }
  });
  return x;
}

/**
 * One bottleneck block.
 *
 * @param filters  channels of the 3x3 convolution; the block has four times as many at its end
 */
export function bottleneck(
  x: tf.SymbolicTensor,
  name: string,
  filters: number,
  { stride, dilation = 1 }: { readonly stride: number; readonly dilation?: number },
): tf.SymbolicTensor {
  let y = convolution(x, `${name}_conv1`, { filters, size: 1 });
  y = relu(norm(y, `${name}_norm1`), `${name}_relu1`);
  y = convolution(y, `${name}_conv2`, { filters, size: 3, stride, dilation });
  y = relu(norm(y, `${name}_norm2`), `${name}_relu2`);
  y = norm(convolution(y, `${name}_conv3`, { filters: filters * widening, size: 1 }), `${name}_norm3`);
  const shortcut = shortcutOf(x, name, { filters: filters * widening, stride, shortcut: 'B' });
  return relu(add(y, shortcut, `${name}_add`), `${name}_relu3`);
}
