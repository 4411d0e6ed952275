import type { AdamAttributes } from '../backend/tracing';
import type { Output } from '../binding/functions';
import { attribute } from '../binding/make-attribute';
import type { Graph } from './graph';
import { arithmetic, readVariable, type UpdateRule } from './update-rule';

const float = attribute.type('T', 'float32');

/**
 * PyTorch's Adam and AdamW; the slots are the first and second moment and the number of updates.
 *
 * TensorFlow's op forms 1 - beta in float32, which loses digits of what a beta of 0.999 means. With the beta that float32
 * can hold in the bias correction too, every moment is a mean of what it should be: it is Adam, with a beta 1e-8 away.
 * The correction is computed here, not in the op, whose 1 - beta ** t would lose digits again.
 */
export function adamRule(attributes: AdamAttributes): UpdateRule {
  const { epsilon, weightDecay, rateFactor, decoupled } = attributes;
  const [beta1, beta2] = [Math.fround(attributes.beta1), Math.fround(attributes.beta2)];

  /** What the moments are multiplied with, and what is added to the root: the corrections, brought before the division. */
  function corrected(graph: Graph, count: Output, lr: Output): { size: Output; floor: Output } {
    const { times, over, root, oneMinusPower } = arithmetic(graph);
    const second = root(oneMinusPower(beta2, count));
    const size = over(times(lr, second), oneMinusPower(beta1, count));
    return { size, floor: times(second, epsilon) };
  }

  return {
    values(graph, [parameter, first, second, step], gradient, rate) {
      const { plus, minus, times, over, root, square } = arithmetic(graph);
      const lr = times(rate, rateFactor);
      const shrink = minus(graph.scalar(1), times(lr, weightDecay));
      const p = decoupled && weightDecay !== 0 ? times(parameter!, shrink) : parameter!;
      const g = decoupled || weightDecay === 0 ? gradient : plus(gradient, times(p, weightDecay));
      const count = plus(step!, 1);
      const m = plus(first!, times(minus(g, first!), 1 - beta1));
      const v = plus(second!, times(minus(square(g), second!), 1 - beta2));
      const { size, floor } = corrected(graph, count, lr);
      return [minus(p, over(times(m, size), plus(root(v), floor))), m, v, count];
    },
    apply(graph, [parameter, first, second, step], gradient, rate, shape) {
      const { plus, minus, times } = arithmetic(graph);
      const dtype = attribute.type('dtype', 'float32');
      const lr = rateFactor === 1 ? rate : times(rate, rateFactor);
      const count = plus(readVariable(graph, step!, []), 1);
      const value = () => readVariable(graph, parameter!, shape);
      const decays = weightDecay !== 0;
      const g = decays && !decoupled ? plus(gradient, times(value(), weightDecay)) : gradient;
      const shrink = () => times(value(), minus(graph.scalar(1), times(lr, weightDecay)));
      const before =
        decays && decoupled ? [graph.add('AssignVariableOp', [dtype], [parameter!, shrink()])] : [];
      const { size, floor } = corrected(graph, count, lr);
      const none = graph.scalar(0);
      const inputs = [
        parameter!,
        first!,
        second!,
        none,
        none,
        size,
        graph.scalar(beta1),
        graph.scalar(beta2),
        floor,
        g,
      ];
      return [
        graph.add('ResourceApplyAdam', [float], inputs, before),
        graph.add('AssignVariableOp', [dtype], [step!, count]),
      ];
    },
  };
}
