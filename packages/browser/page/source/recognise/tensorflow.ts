import type { Engine } from './engine';

/** Plain TensorFlow.js, with the fastest of its own backends that starts. */
export const tensorflowJs: Engine = {
  name: 'tfjs',
  title: 'TensorFlow.js',
  missing: async () => null,
  async load(networks) {
    const [tf] = await Promise.all([import('@tensorflow/tfjs'), import('@overparam/layers')]);
    let backend = 'cpu';
    for (const name of ['webgl', 'cpu']) {
      // Asked of a browser without WebGL, tfjs prints an error, though the next one does as well.
      if (name === 'webgl' && document.createElement('canvas').getContext('webgl2') === null) continue;
      if (await tf.setBackend(name)) {
        backend = name;
        break;
      }
    }
    await tf.ready();
    const models = await Promise.all(networks.map(({ folder }) => tf.loadLayersModel(`${folder}model.json`)));
    return {
      description: `TensorFlow.js ${tf.version.tfjs} on ${backend === 'webgl' ? 'WebGL' : 'plain JavaScript'}`,
      async run(network, input) {
        const outputs = tf.tidy(() =>
          [models[network]!.predict(tf.tensor4d(input, [1, ...networks[network]!.shape]))].flat(),
        );
        try {
          return await Promise.all(
            outputs.map(async (output) => ({
              shape: output.shape.slice(1),
              values: (await output.data()) as Float32Array,
            })),
          );
        } finally {
          tf.dispose(outputs);
        }
      },
    };
  },
};
