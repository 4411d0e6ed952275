import { createRequire } from 'node:module';
import type * as tf from '@tensorflow/tfjs';
import type { Binding, Recorder, TensorMetadata } from '../binding/binding';
import type { OpAttribute } from '../binding/enumerations';
import type { Values } from '../binding/values';

/** How tfjs-node's backend holds a tensor. */
export interface TensorEntry {
  shape: number[];
  /** TensorFlow's number of the element type. */
  dtype: number;
  /** The binding's number, or -1. */
  id: number;
  /** Values that have not been handed to TensorFlow yet. */
  values: Values | null;
  refCount: number;
  /** A variable of TensorFlow's that holds the value: number of its handle. */
  resource?: number;
  /** The trace within which the tensor was made of JavaScript's values. */
  literalOf?: Recorder;
}

/** The parts of tfjs-node's backend that are used or replaced here. */
export interface UpstreamBackend extends Omit<tf.KernelBackend, 'write' | 'read' | 'readSync' | 'memory'> {
  readonly binding: Binding;
  readonly isUsingGpuDevice: boolean;
  readonly tensorMap: tf.DataStorage<TensorEntry>;
  memory(): { unreliable: boolean };
  write(values: Values, shape: number[], dtype: tf.DataType): object;
  read(dataId: object): Promise<Values>;
  readSync(dataId: object): Values;
  disposeData(dataId: object, force?: boolean): boolean;
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
  executeSingleInput(name: string, input: tf.TensorInfo): tf.Tensor;
  executeSingleOutput(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly tf.TensorInfo[],
  ): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}

type UpstreamConstructor = new (binding: Binding, packageName: string) => UpstreamBackend;

/**
 * The backend class of `@tensorflow/tfjs-node-gpu`, whose kernels register themselves with tfjs when they are loaded
 * (for a backend named `tensorflow`). Only its JavaScript is used: never its addon.
 */
export async function loadUpstream(): Promise<UpstreamConstructor> {
  giveBackUtil();
  interface Names {
    readonly NodeJSKernelBackend?: UpstreamConstructor;
  }
  const upstream = (await import(
    '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js'
  )) as unknown as Names & { readonly default?: Names };
  await import('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js');
  // Where a CommonJS module's names are depends on who imports it: Node, a bundle or a transpiler.
  return (upstream.NodeJSKernelBackend ?? upstream.default?.NodeJSKernelBackend)!;
}

/** Node 23 removed two functions that tfjs-node's JavaScript calls on nearly every op. */
function giveBackUtil(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
