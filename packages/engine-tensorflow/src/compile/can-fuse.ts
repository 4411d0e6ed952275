import type { TensorFlowBackend } from '../backend/backend';
import { dataTypes } from '../binding/enumerations';
import { attribute } from '../binding/make-attribute';

const known = new WeakMap<object, boolean>();

/** Whether this library has oneDNN's convolution with bias, addition and ReLU: tried out once, on one pixel. */
export function canFuse(backend: TensorFlowBackend): boolean {
  const { binding } = backend;
  let can = known.get(binding);
  if (can === undefined) {
    can = !backend.isUsingGpuDevice && process.env.TF_ENABLE_ONEDNN_OPTS !== '0' && tryOut(backend);
    known.set(binding, can);
  }
  return can;
}

function tryOut({ binding }: TensorFlowBackend): boolean {
  const ids = [[1, 1, 1, 1], [1, 1, 1, 1], [1], [1, 1, 1, 1]].map((shape) =>
    binding.upload(shape, dataTypes.TF_FLOAT, Float32Array.of(2)),
  );
  const attributes = [
    attribute.type('T', 'float32'),
    attribute.int('strides', [1, 1, 1, 1]),
    attribute.string('padding', 'VALID'),
    attribute.types('TArgs', [dataTypes.TF_FLOAT, dataTypes.TF_FLOAT]),
    attribute.int('num_args', 2),
    attribute.int('num_host_args', 0),
    attribute.strings('fused_ops', ['BiasAdd', 'Add', 'Relu']),
    attribute.string('_kernel', 'MklNameChangeOp'),
  ];
  try {
    const handles = ids.map((id) => binding.handle(id));
    const [y] = binding.run('_MklNativeFusedConv2D', attributes, handles, 1);
    const result = binding.adopt(y!);
    const [value] = binding.valuesOf(result) as Float32Array;
    binding.deleteTensor(result);
    return value === 8;
  } catch {
    return false;
  } finally {
    for (const id of ids) binding.deleteTensor(id);
  }
}
