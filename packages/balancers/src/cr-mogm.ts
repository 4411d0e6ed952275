import {
  type Balancer,
  type BalancerState,
  importedPart,
  isOverparamError,
  lookup,
  OverparamError,
  parseOptions,
} from '@overparam/plugin';
import * as z from 'zod';

/** A balancer by its name, or with its options. */
const inner = z.union([
  z.string().min(1),
  z.looseObject({ name: z.string().min(1).describe('The balancer; its options stand beside.') }),
]);

const options = z.strictObject({
  of: inner
    .default('mgda')
    .describe(
      'The balancer whose weights are averaged, by name or with its options: `{ name: cagrad, c: 0.5 }`.',
    )
    .transform(completed),
  alpha: z
    .number()
    .min(0)
    .max(1)
    .default(0.9)
    .describe('Decay of the running average; 0 is the balancer itself.'),
});

/** Options of {@link crMogm}. */
export interface CrMogmOptions {
  /** The balancer whose weights are averaged, with all its options. */
  readonly of: { readonly name: string } & Readonly<Record<string, unknown>>;
  /** Decay of the running average, from 0 to 1; 0 is the balancer itself. */
  readonly alpha: number;
}

/** The balancer that is averaged. */
function balancerNamed(name: string): Balancer {
  if (name === 'cr-mogm') {
    throw new OverparamError(
      'unsupported-balancer',
      'an average of "cr-mogm" itself is none. Name another balancer, such as of: mgda.',
    );
  }
  return importedPart('balancer', name) ?? lookup('balancer', name);
}

/** The choice with all its options; what is wrong with it is a problem of the option. */
function completed(
  choice: z.output<typeof inner>,
  context: z.RefinementCtx,
): { readonly name: string } & Record<string, unknown> {
  const { name, ...given } = typeof choice === 'string' ? { name: choice } : choice;
  try {
    const part = balancerNamed(name);
    return { name, ...(parseOptions(part.options, given, `balancer "${name}"`) as object) };
  } catch (error) {
    // Zod would take an error that is thrown here for a reason to wait, and answer with a promise.
    if (!isOverparamError(error)) throw error;
    context.addIssue({ code: 'custom', message: error.message.replace(/\.$/, '') });
    return z.NEVER;
  }
}

function innerOf({ of: { name, ...given } }: CrMogmOptions): { balancer: Balancer; given: unknown } {
  const balancer = balancerNamed(name);
  return { balancer, given: parseOptions(balancer.options, given, name) };
}

const own = 'of/';

/** What the balancer itself remembers, among what is remembered. */
function innerState(state: BalancerState): BalancerState {
  const entries = Object.entries(state).filter(([key]) => key.startsWith(own));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(own.length), value]));
}

const prefixed = (state: BalancerState): BalancerState =>
  Object.fromEntries(Object.entries(state).map(([key, value]) => [own + key, value]));

/** Averages of the weights and of the heads' factors; counts say whose have begun. */
type Averages = Readonly<Record<'weights' | 'heads' | 'counts', readonly number[]>>;

/**
 * CR-MOGM: a running average of any other balancer's weights, which takes the noise of single batches out of them.
 *
 * `w <- alpha w + (1 - alpha) w'` with w' the balancer's weights, and the same for the heads' factors. A task's average begins
 * with its first weight, and rests while the task is absent. It asks for what the balancer asks for, and costs what that
 * costs; what weights multiply stays as it is, be it averaged gradients or single elements.
 *
 * The paper lets alpha rise to 1 as the learning rate falls; here it stays. Weights are bounded as the balancer's are; of its
 * properties linearity is kept.
 *
 * Source: S. Zhou and others, On the Convergence of Stochastic Multi-Objective Gradient Manipulation and Beyond,
 * NeurIPS 2022, algorithm 1
 */
export const crMogm: Balancer<CrMogmOptions> = {
  apiVersion: 1,
  name: 'cr-mogm',
  summary: "A running average of any other balancer's weights (Zhou and others).",
  source: {
    title:
      'Zhou and others: On the Convergence of Stochastic Multi-Objective Gradient Manipulation and Beyond (NeurIPS 2022)',
    url: 'https://openreview.net/forum?id=ScwfQ7hdwyP',
  },
  options,
  needs(options) {
    const { balancer, given } = innerOf(options);
    return balancer.needs(given);
  },
  supports(setup, options) {
    const { balancer, given } = innerOf(options);
    const verdict = balancer.supports(setup, given);
    return verdict === true || `of "${balancer.name}": ${verdict}`;
  },
  properties(options) {
    const { balancer, given } = innerOf(options);
    const inner = balancer.properties?.(given);
    // The sum of gradients may be one where their weights are several, so nothing is known of an average of these.
    return options.alpha === 0 ? (inner ?? {}) : inner?.linear ? { linear: true } : {};
  },
  initialise(tasks, options) {
    const { balancer, given } = innerOf(options);
    const zeros = tasks.map(() => 0);
    return { weights: zeros, heads: zeros, counts: zeros, ...prefixed(balancer.initialise(tasks, given)) };
  },
  averaging(update, options) {
    const { balancer, given } = innerOf(options);
    return balancer.averaging!(update, given);
  },
  elementFactors(gradients, uniform, options) {
    const { balancer, given } = innerOf(options);
    return balancer.elementFactors!(gradients, uniform, given);
  },
  weights(inputs, present, state, options) {
    const { balancer, given } = innerOf(options);
    const found = balancer.weights(inputs, present, innerState(state), given);
    const before = state as Averages;
    if (![...found.weights, ...found.heads].every(Number.isFinite)) return { ...found, state };
    const average = (kind: 'weights' | 'heads') =>
      before[kind].map((value, task) => {
        const next = found[kind][task]!;
        if (!present[task]) return value;
        return before.counts[task] === 0 ? next : options.alpha * value + (1 - options.alpha) * next;
      });
    const [weights, heads] = [average('weights'), average('heads')];
    const shown = (values: readonly number[]) => values.map((value, task) => (present[task] ? value : 0));
    return {
      weights: shown(weights),
      heads: shown(heads),
      state: {
        weights,
        heads,
        counts: before.counts.map((count, task) => (present[task] ? 1 : count)),
        ...prefixed(found.state),
      },
    };
  },
  afterStep(before, after, present, state, options) {
    const { balancer, given } = innerOf(options);
    const next = balancer.afterStep?.(before, after, present, innerState(state), given);
    return next === undefined ? state : { ...state, ...prefixed(next) };
  },
};
