import * as tf from '@tensorflow/tfjs';
import type { Binding, TensorMetadata } from '../binding/binding';
import type { Device } from '../binding/context';
import { dtypeOf } from '../binding/enumerations';
import { registerOwnKernels } from '../kernels';
import { loadUpstream, type TensorEntry, type UpstreamBackend } from './upstream';

/** The tfjs backend `tensorflow`. */
export interface TensorFlowBackend extends UpstreamBackend {
  /** TensorFlow's version. */
  readonly version: string;
  readonly devices: readonly Device[];
  /** The entry of a tensor. */
  entry(tensor: tf.TensorInfo): TensorEntry;
}

/** Has the kernels registered, and gives what makes a backend: tfjs makes another one after each `reset`. */
export async function backendClass(): Promise<new (binding: Binding) => TensorFlowBackend> {
  const Upstream = await loadUpstream();
  registerOwnKernels();

  return class extends Upstream implements TensorFlowBackend {
    readonly version: string;
    readonly devices: readonly Device[];

    constructor(binding: Binding) {
      super(binding, '@tensorflow/tfjs-node');
      this.version = binding.TF_Version;
      this.devices = binding.devices();
    }

    entry(tensor: tf.TensorInfo): TensorEntry {
      return this.tensorMap.get(tensor.dataId);
    }

    override createOutputTensor({ id, shape, dtype }: TensorMetadata): tf.Tensor {
      const dataId = {};
      this.tensorMap.set(dataId, { shape, dtype, id, values: null, refCount: 1 });
      return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype: dtypeOf(dtype) });
    }

    override memory(): { unreliable: boolean; reasons?: string[] } {
      return { unreliable: false };
    }
  };
}
