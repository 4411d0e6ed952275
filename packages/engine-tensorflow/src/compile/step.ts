import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { PassMemory, Step, StepOptions, Tensors } from '../backend/steps';
import type { TensorEntry } from '../backend/upstream';
import type { Output, Pointer } from '../binding/functions';
import type { Question } from '../choices/question';
import { canFuse } from './can-fuse';
import { Fusion } from './fusion';
import { outputsOf } from './outputs';
import { Trace } from './trace';
import { bookkeeping, releaseRead, resourceOf, separate, type VariableUse } from './variables';

/** A step for inputs of certain shapes, as a function of TensorFlow's. */
export interface TracedStep {
  /** What it computes in a way that was not timed against the others. */
  readonly questions: readonly Question[];
  run(inputs: Tensors): Tensors;
  /** Where it has passes that make blocks again: what they hold. */
  readonly memory: PassMemory | null;
  dispose(): void;
}

interface Program {
  readonly name: string;
  readonly memory: PassMemory | null;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly variables: readonly { readonly variable: tf.Variable; readonly assigned: boolean }[];
  readonly captures: readonly number[];
  readonly questions: readonly Question[];
  /** Functions to remove from the runtime in the end. */
  readonly functions: readonly string[];
}

/** Writes a step down, and makes a function of it. Leaves every variable as it was. */
export function traceStep(
  backend: TensorFlowBackend,
  step: Step,
  inputs: Tensors,
  options: StepOptions,
): TracedStep {
  const program = write(backend, step, inputs, options);
  return {
    questions: program.questions,
    run: (given) => execute(backend, program, given),
    memory: program.memory,
    dispose() {
      for (const id of program.captures) backend.binding.deleteTensor(id);
      for (const name of program.functions) backend.binding.removeFunction(name);
    },
  };
}

function write(backend: TensorFlowBackend, step: Step, inputs: Tensors, options: StepOptions): Program {
  const { binding } = backend;
  const before = new Map<TensorEntry, tf.Variable>();
  const known = new Set(Object.values(bookkeeping().registeredVariables));
  for (const variable of known) {
    const entry = separate(backend, variable);
    before.set(entry, variable);
  }
  const held = [...before].map(([entry, variable]) => ({ entry, variable, dataId: variable.dataId }));
  const trace = new Trace(backend, before, options);
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
      const outputs = outputsOf(step, symbols);
      refuseVariables(variablesBesides(known));
      results = Object.entries(outputs).map(([name, tensor]) => {
        return [name, trace.wideValueOf(trace.idOf(backend.entry(tensor)))];
      });
      for (const { entry, variable, dataId } of held) {
        if (variable.isDisposed || variable.dataId === dataId) continue;
        if (options.frozen) throw frozenError(variable);
        const use = trace.useOf(entry);
        if (use === null) {
          throw new OverparamError('type-unsupported', `A compiled step cannot assign '${variable.name}': it holds strings.`); // biome-ignore format: one message
        }
        finals.set(use, trace.wideOutput(trace.idOf(backend.entry(variable))));
      }
      // Those that the step kept out of its own scopes to hand them out.
      for (const tensor of Object.values(outputs)) {
        const own = Object.values(symbols).includes(tensor) || tensor instanceof tf.Variable;
        if (!own && !tensor.isDisposed) tensor.dispose();
      }
    });
    if (trace.violation !== null) throw trace.violation;
    const { notes } = trace.graph;
    if (notes !== null && canFuse(backend)) {
      const leaving = results.map(([, output]) => output);
      const fusion = new Fusion(trace.graph, notes, leaving, (output) => trace.constantOf(output));
      results = results.map(([name, output]) => [name, fusion.rewritten(output)]);
    }
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
    try {
      binding.addFunction(definition);
    } finally {
      binding.library.TF_DeleteFunction(definition);
    }
    return {
      name,
      memory: trace.graph.recompute?.memory ?? null,
      inputNames,
      outputNames: results.map(([output]) => output),
      variables: uses.map((use) => ({ variable: use.variable, assigned: finals.has(use) })),
      captures: trace.captures.map(({ id }) => id),
      questions: [...trace.questions.values()],
      functions: [name, ...trace.updates.branches],
    };
  } catch (error) {
    for (const { id } of trace.captures) binding.deleteTensor(id);
    for (const branch of trace.updates.branches) binding.removeFunction(branch);
    throw trace.violation ?? error;
  } finally {
    for (const variable of variablesBesides(known)) variable.dispose();
    binding.recorder = null;
    restore(held);
    trace.graph.dispose();
  }
}

function frozenError({ name }: tf.Variable): OverparamError {
  return new OverparamError(
    'variable-frozen',
    `A step that was compiled with { frozen: true } assigned the variable '${name}'; there, variables stay as they are. ` +
      'Compile it without.',
  );
}

/** Variables that were made since. */
const variablesBesides = (known: ReadonlySet<tf.Variable>): tf.Variable[] =>
  Object.values(bookkeeping().registeredVariables).filter((variable) => !known.has(variable));

function refuseVariables([variable]: readonly tf.Variable[]): void {
  if (variable === undefined) return;
  throw new OverparamError(
    'variable-in-step',
    `A compiled step made the variable '${variable.name}' of shape [${variable.shape}]. A step is written down once, so ` +
      'its variables have to be there before: create it before compiling. Optimisers of tf.train make theirs when they ' +
      'first run: run such an optimiser once uncompiled, or use those of @overparam/engine.',
  );
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
  const resources: Pointer[] = [];
  const changing: TensorEntry[] = [];
  for (const { variable, assigned } of program.variables) {
    if (variable.isDisposed) {
      throw new OverparamError(
        'variable-disposed',
        `A compiled step uses the variable '${variable.name}', which was disposed. Compile the step again.`,
      );
    }
    const entry = assigned ? separate(backend, variable) : backend.entry(variable);
    resources.push(resourceOf(backend, entry));
    if (assigned) changing.push(entry);
  }
  const release = () => {
    for (const entry of changing) releaseRead(backend, entry);
  };
  release();
  // After the variables: one of them may be an input as well, whose value is then read anew.
  const tensors = program.inputNames.map((name) => inputs[name]!);
  const arguments_ = backend.getInputTensorIds(tensors).map((id) => binding.handle(id));
  const captures = program.captures.map((id) => binding.handle(id));
  const handles = [...arguments_, ...resources, ...captures];
  let results: Pointer[];
  try {
    results = binding.run(program.name, [], handles, program.outputNames.length);
  } finally {
    // Such an input's value is an old one now.
    release();
  }
  return Object.fromEntries(
    program.outputNames.map((name, index) => [
      name,
      backend.createOutputTensor(binding.describe(results[index]!)),
    ]),
  );
}
