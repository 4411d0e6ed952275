import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { CompiledStep, Step, StepOptions, Tensors } from '../backend/steps';
import { namingBatch } from './out-of-memory';
import { outputsOf } from './outputs';
import { type TracedStep, traceStep } from './step';
import { timeWays } from './time-ways';

/** Functions that a step may have at once: as many kinds of inputs. The one used longest ago goes. */
const mostFunctions = 16;
/** Traces of one step after which something is probably wrong. */
const manyTraces = 12;

const signatureOf = (inputs: Tensors): string =>
  Object.keys(inputs)
    .sort()
    .map((name) => `${name}:${inputs[name]!.dtype}[${inputs[name]!.shape}]`)
    .join(' ');

function inline(step: Step, inputs: Tensors): Tensors {
  return tf.tidy(
    () =>
      Object.fromEntries(
        Object.entries(outputsOf(step, inputs)).map(([name, tensor]) => [name, tf.clone(tensor)]),
      ) as unknown as tf.NamedTensorMap,
  );
}

/** Writes a step down; once more where ways were timed meanwhile, of which the first one knew nothing. */
function traceInBestWays(
  backend: TensorFlowBackend,
  step: Step,
  inputs: Tensors,
  options: StepOptions,
): TracedStep {
  const traced = traceStep(backend, step, inputs, options);
  if (traced.questions.length === 0) return traced;
  traced.dispose();
  backend.choices.learn(
    new Map(
      traced.questions.map((question) => [question.key, timeWays(backend, question, options.precision)]),
    ),
  );
  return traceStep(backend, step, inputs, options);
}

/** Makes a step of tfjs's ops a function of TensorFlow's, one for each kind of inputs. */
export function compileStep(backend: TensorFlowBackend, step: Step, options: StepOptions = {}): CompiledStep {
  const functions = new Map<string, TracedStep>();
  let traces = 0;
  let disposed = false;
  const functionFor = (inputs: Tensors): TracedStep => {
    const signature = signatureOf(inputs);
    let traced = functions.get(signature);
    if (traced === undefined) {
      traced = traceInBestWays(backend, step, inputs, options);
      if (++traces === manyTraces) {
        console.warn(
          `A compiled step was traced ${traces} times, last for ${signature}. Each new shape costs a trace; give the ` +
            'inputs few shapes, such as whole batches only.',
        );
      }
    }
    // Most recently used last.
    functions.delete(signature);
    functions.set(signature, traced);
    if (functions.size > mostFunctions) {
      const [oldest] = functions.keys();
      functions.get(oldest!)!.dispose();
      functions.delete(oldest!);
    }
    return traced;
  };
  const run = (inputs: Tensors): Tensors => {
    if (disposed) {
      throw new OverparamError(
        'step-disposed',
        'A compiled step was called after its dispose(). Compile it again.',
      );
    }
    // Within another step it is a part of that one.
    if (backend.binding.recorder !== null) return inline(step, inputs);
    try {
      return functionFor(inputs).run(inputs);
    } catch (error) {
      throw namingBatch(error, inputs);
    }
  };
  const dispose = () => {
    for (const traced of functions.values()) traced.dispose();
    functions.clear();
    disposed = true;
  };
  return Object.assign(run, { dispose });
}
