import type { Context, Converter } from '../emitter';
import { axisOf } from '../layout';

/** tfjs puts axes behind the batch where an input has fewer; what is turned round has no such form. */
function sameRanks(context: Context): readonly string[] {
  const ranks = new Set(context.inputs.map(({ shape }) => shape.length));
  if (ranks.size > 1)
    context.refuse('its inputs have different numbers of axes', 'Put a Reshape layer before it.');
  return context.inputs.map(({ name }) => name);
}

const ofAll =
  (operator: string): Converter =>
  (context) =>
    context.emitter.one(operator, context.name, sameRanks(context));

const inTurn =
  (operator: string): Converter =>
  (context) => {
    const [first, ...others] = sameRanks(context);
    return others.reduce(
      (sum, other, index) =>
        context.emitter.one(
          operator,
          index === others.length - 1 ? context.name : `${context.name}/${index}`,
          [sum, other],
        ),
      first!,
    );
  };

/** Layers of several inputs. */
export const merging: Readonly<Record<string, Converter>> = {
  Add: inTurn('Add'),
  Multiply: inTurn('Mul'),
  Average: ofAll('Mean'),
  Maximum: ofAll('Max'),
  Minimum: ofAll('Min'),
  Concatenate: (context) => {
    const rank = context.call.outputs[0]!.shape.length;
    const axis = (context.config.axis as number | undefined) ?? -1;
    return context.emitter.one('Concat', context.name, sameRanks(context), [
      { name: 'axis', integer: axisOf(rank, axis) },
    ]);
  },
};
