import * as tf from '@tensorflow/tfjs';

/** Value `i` = 1, 2, ... of a weight, between -1 and 1, as the scripts in fixtures have it. */
type Formula = (i: number, name: string) => number;

function fill(name: string, shape: number[], scale: number, of: Formula): tf.Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => scale * of(i + 1, name)),
    shape,
  );
}

const waves: Formula = (i, name) => Math.sin(i * (0.37 + 0.01 * name.length));

const noise: Formula = (i, name) => {
  const value = 43758.5453 * Math.sin(12.9898 * i + 78.233 * name.length);
  return 2 * (value - Math.floor(value)) - 1;
};

const scales = {
  gamma: 0.2,
  beta: 0.3,
  moving_mean: 0.4,
  moving_variance: 0.5,
  bias: 0.2,
  factors: 1,
  vector: 1,
};

function weightOf(name: string, shape: number[], of: Formula): tf.Tensor {
  const part = name.split('/').at(-1)!;
  const [kh, kw, channels] = shape;
  const cin = part === 'depthwise_kernel' ? 1 : channels;
  // A gate's kernel is a matrix of many rows: its products are about as large as 1.
  const kernel =
    cin === undefined ? 3 / Math.sqrt(kh!) : Math.sqrt((of === waves ? 4 : 6) / (kh! * kw! * cin));
  const scale = name.startsWith('classifier/')
    ? 1
    : part.endsWith('kernel')
      ? kernel
      : scales[part as 'bias'];
  return fill(name, shape, scale, of).add(part === 'gamma' || part === 'moving_variance' ? 1 : 0);
}

function setBy(model: tf.LayersModel, of: Formula): void {
  tf.tidy(() => {
    for (const layer of model.layers) {
      const values = layer.weights.map(({ originalName, shape }) =>
        weightOf(originalName, shape as number[], of),
      );
      if (values.length > 0) layer.setWeights(values);
    }
  });
}

/** Sets all weights of a network as `reference.py` does. */
export function setByFormula(model: tf.LayersModel): void {
  setBy(model, waves);
}

/** Sets all weights of a network as `dense-reference.py` does. */
export function setByNoise(model: tf.LayersModel): void {
  setBy(model, noise);
}

/** The image of `reference.py`: values by the formula. */
export function waveImage(shape: number[]): tf.Tensor {
  return fill('image', shape, 1, waves);
}

/** The image of `dense-reference.py`. */
export function noiseImage(shape: number[]): tf.Tensor {
  return fill('image', shape, 1, noise);
}
