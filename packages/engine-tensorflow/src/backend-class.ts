import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from './backend/backend';
import type { CompiledStep, PassMemory, PassState, Step, StepOptions, Tensors } from './backend/steps';
import type { Tracing } from './backend/tracing';
import { loadUpstream, type TensorEntry } from './backend/upstream';
import type { Binding, TensorMetadata } from './binding/binding';
import type { Device } from './binding/context';
import { dtypeOf } from './binding/enumerations';
import { bfloat16Problem } from './binding/processor';
import type { Values } from './binding/values';
import { Choices } from './choices/choices';
import { conditionsHere, TimingTable, timingFile } from './choices/table';
import { compileStep } from './compile/compile';
import { traceStep } from './compile/step';
import { readEntry } from './compile/variables';
import { registerOwnKernels } from './kernels';

/** Has the kernels registered, and gives what makes a backend: tfjs makes another one after each `reset`. */
export async function backendClass(): Promise<new (binding: Binding) => TensorFlowBackend> {
  const Upstream = await loadUpstream();
  registerOwnKernels();

  return class extends Upstream implements TensorFlowBackend {
    readonly version: string;
    readonly devices: readonly Device[];
    readonly choices: Choices;

    constructor(binding: Binding) {
      super(binding, '@tensorflow/tfjs-node');
      this.version = binding.TF_Version;
      this.devices = binding.devices();
      const conditions = conditionsHere(binding.TF_Version, binding.threads);
      this.choices = new Choices(new TimingTable(timingFile(conditions), conditions));
    }

    entry(tensor: tf.TensorInfo): TensorEntry {
      return this.tensorMap.get(tensor.dataId);
    }

    compileStep(step: Step, options?: StepOptions): CompiledStep {
      return compileStep(this, step, options);
    }

    estimatePasses(step: Step, inputs: Tensors, options?: StepOptions): PassMemory | null {
      const traced = traceStep(this, step, inputs, { ...options, recompute: 'blocks' });
      traced.dispose();
      return traced.memory;
    }

    passesAre(state: PassState): void {
      (this.binding.recorder as Tracing | null)?.passesAre(state);
    }

    bfloat16Problem(): string | null {
      return bfloat16Problem(this.isUsingGpuDevice);
    }

    kernelChoices(): Readonly<Record<string, string>> {
      return this.choices.taken();
    }

    useKernelChoices(given: Readonly<Record<string, string>>): void {
      this.choices.restart(given);
    }

    override getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[] {
      const trace = this.binding.recorder as Tracing | null;
      return tensors.map((tensor) => {
        const entry = this.entry(tensor);
        return trace === null ? readEntry(this, entry) : trace.idOf(entry);
      });
    }

    override write(values: Values, shape: number[], dtype: tf.DataType): object {
      const dataId = super.write(values, shape, dtype);
      const { recorder } = this.binding;
      if (recorder !== null) this.tensorMap.get(dataId).literalOf = recorder;
      return dataId;
    }

    override readSync(dataId: object): Values {
      const entry = this.tensorMap.get(dataId);
      const { recorder } = this.binding;
      // What a step makes of JavaScript's values is the same each time; tfjs's kernels read shapes and axes back.
      const literal = entry.values !== null && entry.literalOf === recorder;
      if (recorder !== null && !literal) recorder.read();
      if (entry.values !== null) return entry.values;
      return this.binding.tensorDataSync(readEntry(this, entry));
    }

    override async read(dataId: object): Promise<Values> {
      try {
        return this.readSync(dataId);
      } catch (error) {
        // The step itself fails, at its end; here nobody may be waiting.
        if (this.binding.recorder !== null) return new Promise<never>(() => {});
        throw error;
      }
    }

    override disposeData(dataId: object, force?: boolean): boolean {
      const resource = this.tensorMap.has(dataId) ? this.tensorMap.get(dataId).resource : undefined;
      const freed = super.disposeData(dataId, force);
      if (freed && resource !== undefined) this.binding.deleteTensor(resource);
      return freed;
    }

    override createOutputTensor({ id, shape, dtype }: TensorMetadata): tf.Tensor {
      const dataId = {};
      this.tensorMap.set(dataId, { shape, dtype, id, values: null, refCount: 1 });
      return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype: dtypeOf(dtype) });
    }

    override memory(): { unreliable: boolean } {
      return { unreliable: false };
    }
  };
}
