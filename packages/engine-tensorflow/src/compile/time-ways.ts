import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { Precision } from '../backend/steps';
import type { Question, Timing } from '../choices/question';
import { type TracedStep, traceStep } from './step';

/** Turns of each way. */
const turns = 6;
/** Ways that take so many times as long as another one after the first turns are given up. */
const hopeless = 1.5;
const turnsBefore = 2;

/** Times every way to compute something, in turns: the shortest time of each counts, as other work only makes it longer. */
export function timeWays(backend: TensorFlowBackend, question: Question, precision?: Precision): Timing {
  const inputs = Object.fromEntries(
    Object.entries(question.shapes).map(([name, shape]) => [name, tf.keep(tf.ones([...shape]))]),
  );
  const steps = new Map<string, TracedStep>();
  const best = new Map<string, number>();
  try {
    for (const way of question.ways) {
      const step = (given: Readonly<Record<string, tf.Tensor>>) => ({ result: question.compute(way, given) });
      steps.set(way, traceStep(backend, step, inputs, { precision }));
    }
    for (let turn = 0; turn <= turns; turn++) {
      for (const [way, step] of steps) {
        const least = Math.min(...best.values());
        if (turn > turnsBefore && best.get(way)! > hopeless * least) continue;
        const started = performance.now();
        tf.dispose(step.run(inputs));
        const took = performance.now() - started;
        // The first one makes it ready.
        if (turn > 0) best.set(way, Math.min(took, best.get(way) ?? Number.POSITIVE_INFINITY));
      }
    }
  } finally {
    for (const step of steps.values()) step.dispose();
    tf.dispose(inputs);
  }
  return Object.fromEntries(best);
}
