import * as tf from '@tensorflow/tfjs';
import { attribute } from '../binding/make-attribute';
import { portableKernel } from './fallback';
import { type Inputs, type Kernel, registeredKernel } from './kernel';

/** As the kernel that is registered, with inputs changed beforehand. */
function after(name: string, prepare: (inputs: Inputs) => Inputs): Kernel {
  const kernelFunc = registeredKernel(name);
  return (backend, inputs, attrs) =>
    kernelFunc({
      inputs: prepare(inputs) as unknown as tf.NamedTensorInfoMap,
      attrs: attrs as unknown as tf.NamedAttrMap,
      backend,
    }) as tf.Tensor;
}

const toFloat = ({ x, ...rest }: Inputs): Inputs => ({
  ...rest,
  x: x!.dtype === 'float32' ? x! : tf.cast(x!, 'float32'),
});

/** TensorFlow does not order strings; tfjs does. */
function comparison(name: string): Kernel {
  const kernelFunc = registeredKernel(name);
  const portable = portableKernel(name);
  return (backend, inputs, attrs) => {
    const call = { inputs: inputs as unknown as tf.NamedTensorInfoMap, attrs: attrs as never, backend };
    if (inputs.a!.dtype !== 'string') return kernelFunc(call) as tf.Tensor;
    return tf.engine().makeTensorFromTensorInfo(portable(call) as tf.TensorInfo);
  };
}

const round: Kernel = (backend, { x }) =>
  x!.dtype === 'float32' ? backend.executeSingleInput('Round', x!) : tf.clone(x!);

/** The sign of what is not a number is 0 in tfjs. */
const sign: Kernel = (backend, { x }) => {
  const y = backend.executeSingleInput('Sign', x!);
  return x!.dtype === 'float32' ? tf.where(tf.isNaN(x!), tf.zerosLike(x!), y) : y;
};

/** One class a row for each sample, the same ones for the same seed. */
const multinomial: Kernel = (backend, { logits }, attributes) => {
  const { numSamples, seed, normalized } = attributes as {
    numSamples: number;
    seed: number;
    normalized: boolean;
  };
  const scores = normalized ? tf.log(logits!) : logits!;
  const key = tf.tensor1d([seed | 0, Math.trunc((seed % 1) * 2 ** 31)], 'int32');
  return backend.executeSingleOutput(
    'StatelessMultinomial',
    [
      attribute.type('T', 'float32'),
      attribute.type('Tseed', 'int32'),
      attribute.type('output_dtype', 'int32'),
    ],
    [scores, tf.scalar(numSamples, 'int32'), key],
  );
};

const bitwiseAnd: Kernel = (backend, { a, b }) =>
  backend.executeSingleOutput('BitwiseAnd', [attribute.type('T', 'int32')], [a!, b!]);

/** The kernel that is registered reads the indices to check them; in a step, TensorFlow does that as it runs. */
function gather(): Kernel {
  const checking = after('GatherV2', (inputs) => inputs);
  return (backend, inputs, attributes) => {
    const { x, indices } = inputs as { x: tf.Tensor; indices: tf.Tensor };
    const { axis: given, batchDims } = attributes as { axis: number; batchDims: number };
    const axis = tf.util.parseAxisParam(given, x.shape)[0]!;
    if (backend.binding.recorder === null) return checking(backend, inputs, { axis, batchDims });
    tf.backend_util.segment_util.collectGatherOpShapeInfo(x, indices, axis, batchDims);
    return backend.executeSingleOutput(
      'GatherV2',
      [
        attribute.int('batch_dims', batchDims),
        attribute.type('Tparams', x.dtype),
        attribute.type('Tindices', 'int32'),
        attribute.type('Taxis', 'int32'),
      ],
      [x, indices, tf.scalar(axis, 'int32')],
    );
  };
}

/** Kernels of tfjs-node's that fall short of what tfjs's specs say; made once those are registered. */
export function repairedKernels(): Readonly<Record<string, Kernel>> {
  const step = after('Step', toFloat);
  const reshape = after('Reshape', (inputs) => inputs);
  const einsum = registeredKernel('Einsum');
  const diag = registeredKernel('Diag');
  return {
    LeakyRelu: after('LeakyRelu', toFloat),
    Step: (backend, inputs, attrs) => tf.cast(step(backend, inputs, attrs) as tf.Tensor, inputs.x!.dtype),
    ScatterNd: after('ScatterNd', ({ indices, updates }) => ({
      updates: updates!,
      // A list of positions is a column of them.
      indices: indices!.rank < 2 ? tf.reshape(indices!, [indices!.size, 1]) : indices!,
    })),
    Diag: (backend, { x }, attrs) => {
      const kernel = (input: tf.Tensor) =>
        diag({
          inputs: { x: input } as unknown as tf.NamedTensorInfoMap,
          attrs: attrs as never,
          backend,
        }) as tf.Tensor;
      return x!.dtype === 'bool' ? tf.cast(kernel(tf.cast(x!, 'int32')), 'bool') : kernel(x!);
    },
    Einsum: (backend, inputs, attrs) => {
      const tensors = Object.values(inputs);
      const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(
        attrs.equation as string,
        tensors.length,
      );
      tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors);
      return einsum({
        inputs: inputs as unknown as tf.NamedTensorInfoMap,
        attrs: attrs as never,
        backend,
      }) as tf.Tensor;
    },
    GatherV2: gather(),
    Greater: comparison('Greater'),
    GreaterEqual: comparison('GreaterEqual'),
    Less: comparison('Less'),
    LessEqual: comparison('LessEqual'),
    // No op where nothing changes: it would stand between ops that TensorFlow fuses.
    Reshape: (backend, inputs, attrs) =>
      inputs.x!.shape.join() === (attrs.shape as readonly number[]).join()
        ? tf.clone(inputs.x!)
        : reshape(backend, inputs, attrs),
    Round: round,
    Sign: sign,
    Multinomial: multinomial,
    BitwiseAnd: bitwiseAnd,
  };
}
