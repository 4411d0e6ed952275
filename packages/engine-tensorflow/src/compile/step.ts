import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { Step, Tensors } from '../backend/steps';
import type { TensorEntry } from '../backend/upstream';
import type { Output, Pointer } from '../binding/functions';
import { OverparamError } from '../errors';
import { Trace } from './trace';
import { bookkeeping, releaseRead, resourceOf, separate, type VariableUse } from './variables';

/** A step for inputs of certain shapes, as a function of TensorFlow's. */
export interface TracedStep {
  run(inputs: Tensors): Tensors;
  dispose(): void;
}

interface Program {
  readonly name: string;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly variables: readonly { readonly variable: tf.Variable; readonly assigned: boolean }[];
  readonly captures: readonly number[];
  /** Functions to remove from the runtime in the end. */
  readonly functions: readonly string[];
}

/** Writes a step down, and makes a function of it. Leaves every variable as it was. */
export function traceStep(backend: TensorFlowBackend, step: Step, inputs: Tensors): TracedStep {
  const program = write(backend, step, inputs);
  return {
    run: (given) => execute(backend, program, given),
    dispose() {
      for (const id of program.captures) backend.binding.deleteTensor(id);
      for (const name of program.functions) backend.binding.removeFunction(name);
    },
  };
}

function write(backend: TensorFlowBackend, step: Step, inputs: Tensors): Program {
  const { binding } = backend;
  const before = new Map<TensorEntry, tf.Variable>();
  for (const variable of Object.values(bookkeeping().registeredVariables)) {
    const entry = separate(backend, variable);
    before.set(entry, variable);
  }
  const held = [...before].map(([entry, variable]) => ({ entry, variable, dataId: variable.dataId }));
  const trace = new Trace(backend, before);
  const inputNames = Object.keys(inputs).sort();
  const arguments_: Output[] = [];
  // The old values outlive their replacement in the step.
  for (const { entry } of held) entry.refCount++;
  binding.recorder = trace;
  const finals = new Map<VariableUse, Output>();
  let results: [string, Output][] = [];
  try {
    tf.tidy(() => {
      const symbols = Object.fromEntries(
        inputNames.map((name) => {
          const { shape, dtype } = inputs[name]!;
          const { input, id } = trace.argument(shape, backend.entry(inputs[name]!).dtype);
          arguments_.push(input);
          const dataId = {};
          backend.tensorMap.set(dataId, {
            shape: [...shape],
            dtype: backend.entry(inputs[name]!).dtype,
            id,
            values: null,
            refCount: 1,
          });
          return [name, bookkeeping().makeTensorFromTensorInfo({ dataId, shape, dtype })];
        }),
      );
      const outputs = step(symbols);
      results = Object.entries(outputs).map(([name, tensor]) => {
        const output = trace.output(trace.idOf(backend.entry(tensor)));
        return [name, trace.updates.resolve(output)];
      });
      for (const { entry, variable, dataId } of held) {
        if (variable.isDisposed || variable.dataId === dataId) continue;
        const use = trace.useOf(entry);
        if (use === null) {
          throw new OverparamError('type-unsupported', `A compiled step cannot assign '${variable.name}': it holds strings.`); // biome-ignore format: one message
        }
        finals.set(use, trace.output(trace.idOf(backend.entry(variable))));
      }
      // Those that the step kept out of its own scopes to hand them out.
      for (const tensor of Object.values(outputs)) {
        const own = Object.values(symbols).includes(tensor) || tensor instanceof tf.Variable;
        if (!own && !tensor.isDisposed) tensor.dispose();
      }
    });
    if (trace.violation !== null) throw trace.violation;
    const name = `overparam_step_${binding.nextId()}`;
    const { effects, done } = trace.updates.finish(finals);
    const assignments = [...finals]
      .filter(([use]) => !done.has(use))
      .map(([use, output]) => trace.assign(use, trace.updates.resolve(output)));
    const uses = [...trace.uses.values()];
    const definition = trace.graph.toFunction(name, {
      inputs: [
        ...arguments_,
        ...uses.map(({ resource }) => resource),
        ...trace.captures.map(({ input }) => input),
      ],
      // Identities: a function may not give an argument back, nor one output twice.
      outputs: results.map(([, output]) => trace.identity(output)),
      effects: [...effects, ...assignments],
    });
    binding.addFunction(definition);
    binding.library.TF_DeleteFunction(definition);
    return {
      name,
      inputNames,
      outputNames: results.map(([output]) => output),
      variables: uses.map((use) => ({ variable: use.variable, assigned: finals.has(use) })),
      captures: trace.captures.map(({ id }) => id),
      functions: [name, ...trace.updates.branches],
    };
  } catch (error) {
    for (const { id } of trace.captures) binding.deleteTensor(id);
    throw trace.violation ?? error;
  } finally {
    binding.recorder = null;
    restore(held);
    trace.graph.dispose();
  }
}

/** Gives the variables back what they held before the trace. */
function restore(
  held: readonly { readonly entry: TensorEntry; readonly variable: tf.Variable; readonly dataId: object }[],
): void {
  for (const { entry, variable, dataId } of held) {
    if (variable.dataId !== dataId && !variable.isDisposed) {
      bookkeeping().disposeTensor(variable);
      variable.dataId = dataId;
      bookkeeping().incRef(variable, null);
    }
    entry.refCount--;
  }
}

function execute(backend: TensorFlowBackend, program: Program, inputs: Tensors): Tensors {
  const { binding } = backend;
  const tensors = program.inputNames.map((name) => inputs[name]!);
  const handles: Pointer[] = backend.getInputTensorIds(tensors).map((id) => binding.handle(id));
  for (const { variable, assigned } of program.variables) {
    if (variable.isDisposed) {
      throw new OverparamError(
        'variable-disposed',
        `A compiled step uses the variable '${variable.name}', which was disposed. Compile the step again.`,
      );
    }
    const entry = assigned ? separate(backend, variable) : backend.entry(variable);
    handles.push(resourceOf(backend, entry));
    if (assigned) releaseRead(backend, entry);
  }
  for (const id of program.captures) handles.push(binding.handle(id));
  const results = binding.run(program.name, [], handles, program.outputNames.length);
  return Object.fromEntries(
    program.outputNames.map((name, index) => [
      name,
      backend.createOutputTensor(binding.describe(results[index]!)),
    ]),
  );
}
