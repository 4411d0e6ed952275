import * as tf from '@tensorflow/tfjs';
import { type LayerArguments, one, oneShape } from './layer-input';

/** `[to, from]`: what each of `to` pixels takes of `from` when the outermost ones lie on each other. */
function interpolation(from: number, to: number): tf.Tensor2D {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = to === 1 ? 0 : (i * (from - 1)) / (to - 1);
    const first = Math.min(Math.floor(at), from - 1);
    matrix[i * from + first]! += 1 - (at - first);
    if (first + 1 < from) matrix[i * from + first + 1]! += at - first;
  }
  return tf.tensor2d(matrix, [to, from]);
}

/**
 * Resizes images bilinearly so that the corner pixels of both lie on each other (`align_corners`). Differentiable
 * on every backend; tfjs's own gradient exchanges height and width on some.
 *
 * @param x     `[n, h, w, c]`, float32
 * @param size  height and width of the output
 * @returns     `[n, height, width, c]`; the caller disposes
 */
export function resizeAligned(x: tf.Tensor4D, size: readonly [number, number]): tf.Tensor4D {
  const [n, h, w, c] = x.shape;
  const [height, width] = size;
  const resize = tf.customGrad((...inputs) => {
    const image = inputs[0] as tf.Tensor4D;
    return {
      value: tf.image.resizeBilinear(image, [height, width], true) as tf.Tensor,
      gradFunc: (dy: tf.Tensor) => {
        const columns = tf.expandDims(interpolation(w, width), 0);
        const rows = tf.expandDims(interpolation(h, height), 0);
        const narrow = tf.matMul(columns, tf.reshape(dy, [n * height, width, c]), true);
        return tf.reshape(tf.matMul(rows, tf.reshape(narrow, [n, height, w * c]), true), [n, h, w, c]);
      },
    };
  });
  return resize(x) as tf.Tensor4D;
}

/** {@link resizeAligned} as a layer: `[n, h, w, c]` to `[n, height, width, c]`. */
export class ResizeAligned extends tf.layers.Layer {
  static readonly className = 'OverparamResizeAligned';
  private readonly height: number;
  private readonly width: number;

  /** @param config  `height` and `width` of the output in pixels */
  constructor(config: LayerArguments & { readonly height: number; readonly width: number }) {
    super(config);
    this.height = config.height;
    this.width = config.width;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [n, , , c] = oneShape(inputShape);
    return [n!, this.height, this.width, c!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], _kwargs: Record<string, unknown>): tf.Tensor {
    return resizeAligned(one(inputs) as tf.Tensor4D, [this.height, this.width]);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), height: this.height, width: this.width };
  }
}

/** The weights that bilinear interpolation gives each of `from` pixels for each of `to`, areas on areas: `[to, from]`. */
function halfPixelInterpolation(from: number, to: number): tf.Tensor2D {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const first = Math.floor(at);
    matrix[i * from + first]! += 1 - (at - first);
    if (first + 1 < from) matrix[i * from + first + 1]! += at - first;
  }
  return tf.tensor2d(matrix, [to, from]);
}

/**
 * Resizes images bilinearly so that the areas of both lie on each other, as PyTorch's `align_corners=False` and Keras do it
 * (`half pixel centres`). Differentiable on every backend; TensorFlow.js has no gradient of its own for it.
 *
 * @param x     `[n, h, w, c]`, float32
 * @param size  height and width of the output
 * @returns     `[n, height, width, c]`; the caller disposes
 */
export function resizeHalfPixel(x: tf.Tensor4D, size: readonly [number, number]): tf.Tensor4D {
  const [n, h, w, c] = x.shape;
  const [height, width] = size;
  return tf.tidy(() => {
    const rows = tf.expandDims(halfPixelInterpolation(h, height), 0);
    const columns = tf.expandDims(halfPixelInterpolation(w, width), 0);
    const tall = tf.reshape(tf.matMul(rows.tile([n, 1, 1]), tf.reshape(x, [n, h, w * c])), [
      n * height,
      w,
      c,
    ]);
    const wide = tf.matMul(columns.tile([n * height, 1, 1]), tall);
    return tf.reshape(wide, [n, height, width, c]);
  });
}

/**
 * {@link resizeHalfPixel} as a layer: `[n, h, w, c]` to `[n, height, width, c]`, or to as many times h and w as `factor`
 * says.
 */
export class ResizeHalfPixel extends tf.layers.Layer {
  static readonly className = 'OverparamResizeHalfPixel';
  private readonly height: number | null;
  private readonly width: number | null;
  private readonly factor: readonly [number, number] | null;

  /** @param config  `height` and `width` of the output in pixels, or `factor`, how often they hold the input's */
  constructor(
    config: LayerArguments & {
      readonly height?: number | null;
      readonly width?: number | null;
      readonly factor?: readonly [number, number] | null;
    },
  ) {
    super(config);
    this.height = config.height ?? null;
    this.width = config.width ?? null;
    this.factor = config.factor ?? null;
  }

  private sizeFor(h: number | null, w: number | null): [number | null, number | null] {
    const times = (side: number | null, axis: 0 | 1) =>
      side === null || this.factor === null ? null : side * this.factor[axis];
    return [this.height ?? times(h, 0), this.width ?? times(w, 1)];
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [n, h, w, c] = oneShape(inputShape) as [number | null, number | null, number | null, number];
    return [n, ...this.sizeFor(h, w), c];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], _kwargs: Record<string, unknown>): tf.Tensor {
    const x = one(inputs) as tf.Tensor4D;
    return resizeHalfPixel(x, this.sizeFor(x.shape[1], x.shape[2]) as [number, number]);
  }

  override getConfig(): tf.serialization.ConfigDict {
    const factor = this.factor === null ? null : [...this.factor];
    return { ...super.getConfig(), height: this.height, width: this.width, factor };
  }
}
