import type { MomentumAttributes } from '../backend/tracing';
import { attribute } from '../binding/make-attribute';
import { arithmetic, readVariable, type UpdateRule } from './update-rule';

const float = attribute.type('T', 'float32');

/** PyTorch's SGD; the slot, where there is one, is the velocity. TensorFlow's momentum is the same: v = m v + g, p = p - rate v. */
export function momentumRule(attributes: MomentumAttributes): UpdateRule {
  const { momentum, nesterov, weightDecay, rateFactor } = attributes;
  return {
    values(graph, [parameter, velocity], gradient, rate) {
      const { plus, minus, times } = arithmetic(graph);
      const lr = times(rate, rateFactor);
      const g = weightDecay === 0 ? gradient : plus(gradient, times(parameter!, weightDecay));
      if (!velocity) return [minus(parameter!, times(g, lr))];
      const v = plus(times(velocity, momentum), g);
      const move = nesterov ? plus(g, times(v, momentum)) : v;
      return [minus(parameter!, times(move, lr)), v];
    },
    apply(graph, [parameter, velocity], gradient, rate, shape) {
      const { plus, times } = arithmetic(graph);
      const lr = rateFactor === 1 ? rate : times(rate, rateFactor);
      const g =
        weightDecay === 0
          ? gradient
          : plus(gradient, times(readVariable(graph, parameter!, shape), weightDecay));
      if (!velocity) return [graph.add('ResourceApplyGradientDescent', [float], [parameter!, lr, g])];
      return [
        graph.add(
          'ResourceApplyMomentum',
          [float, attribute.bool('use_nesterov', nesterov)],
          [parameter!, velocity, lr, g, graph.scalar(momentum)],
        ),
      ];
    },
  };
}
