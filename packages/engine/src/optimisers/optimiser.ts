import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { Validated } from '../options/options-schema';
import { type AdamConfig, adams } from './adam';
import { arithmetics, registerOptimiserKernels, stateNames } from './kernels';
import type { ImplementedKind, OptimiserKind } from './kind';
import type { Rule, StateName } from './rule';
import { type SgdConfig, sgd } from './sgd';

/** An optimiser by name, with PyTorch's options, meanings and defaults. */
export type OptimiserConfig = SgdConfig | AdamConfig;

/** A variable that an optimiser may move. */
export interface OptimisedParameter {
  /** Unique among the optimiser's parameters. */
  readonly name: string;
  /** float32; stays the caller's. */
  readonly variable: tf.Variable;
  /** Coefficient, 0 for none: L2 in `sgd` and `adam`, decoupled in `adamw`. */
  readonly weightDecay: number;
}

/** What one update needs besides gradients. */
export interface UpdateOptions {
  /** Learning rate. */
  readonly rate: tf.Scalar;
  /** Factors on the learning rate by parameter name, 1 by default. Compiled steps hold them fixed. */
  readonly rateFactors?: Readonly<Record<string, number>>;
  /** Bool: false leaves parameters and slots bit-identical, whatever the gradients hold. */
  readonly apply: tf.Scalar;
}

/** Moves variables along gradients. All that it remembers belongs to single parameters. */
export interface Optimiser {
  /**
   * What is remembered, by `<parameter>/<slot>`, zeros at first: `velocity` for `sgd` with momentum; `first`,
   * `second` for `adam` and `adamw`; for these, and for dampened `sgd`, the scalar `step` that counts the
   * parameter's updates. The optimiser disposes them.
   */
  readonly slots: ReadonlyMap<string, tf.Variable>;
  /**
   * One update. Reads no value, so it can be part of a compiled step.
   *
   * @param gradients  by parameter name, of the variables' shapes; the caller's. Parameters that are not
   *                   named stay bit-identical, and so do their slots
   * @throws OverparamError `unknown-parameter`, `shape-mismatch`
   */
  update(gradients: Readonly<Record<string, tf.Tensor>>, options: UpdateOptions): void;
  /**
   * Zeroes the slots of these parameters, as if they had never moved.
   *
   * @throws OverparamError `unknown-parameter`
   */
  reset(names: readonly string[]): void;
  /** Disposes the slots. */
  dispose(): void;
}

const kinds: readonly (ImplementedKind<SgdConfig> | ImplementedKind<AdamConfig>)[] = [sgd, ...adams];

/** The optimisers that there are. */
export const optimisers: readonly OptimiserKind<OptimiserConfig['name']>[] = kinds;

function ruleOf(config: OptimiserConfig): Rule {
  const { name, ...options } = config;
  const kind = kinds.find((candidate) => candidate.name === name);
  const known = kinds.map((candidate) => `\`${candidate.name}\``).join(', ');
  if (!kind) throw invalid(`There is no optimiser \`${name}\`. Expected one of ${known}.`);
  const { issues = [] } = kind.options['~standard'].validate(options) as Validated<unknown>;
  const wrong = issues.map(({ message, path = [] }) => `\`${path.map(String).join('.')}\`: ${message}`);
  if (wrong.length > 0) throw invalid(`The optimiser \`${name}\` has wrong options: ${wrong.join('; ')}.`);
  return kind.rule(config as never);
}

function invalid(message: string): OverparamError {
  return new OverparamError('invalid-optimiser', message);
}

/** New state of one parameter by the backend's kernel, or by tensor operations where it has none. */
function nextState(
  rule: Rule,
  state: Readonly<Partial<Record<StateName, tf.Tensor>>>,
  gradient: tf.Tensor,
  attributes: ReturnType<Rule['attributes']>,
  { rate, apply }: UpdateOptions,
): Partial<Record<StateName, tf.Tensor>> {
  const names = stateNames.filter((name) => state[name] !== undefined);
  if (tf.getKernel(rule.kernel, tf.getBackend())) {
    const inputs = { ...state, gradient, rate, apply } as unknown as tf.NamedTensorMap;
    const outputs = tf.engine().runKernel(rule.kernel, inputs, { ...attributes }) as unknown as tf.Tensor[];
    return Object.fromEntries(names.map((name, index) => [name, outputs[index]]));
  }
  const next = arithmetics[rule.kernel]!.onTensors({ ...state, gradient }, rate, attributes);
  // A choice, not a product: zero times a gradient that is not finite is not zero.
  return Object.fromEntries(names.map((name) => [name, tf.where(apply, next[name]!, state[name]!)]));
}

/**
 * An optimiser by PyTorch's definitions.
 *
 * Slots and step counts belong to each parameter: one that rests for some updates goes on as if they had not
 * been. On the backends wasm and cpu each parameter's update is one fused kernel, `SgdUpdate` or
 * `AdamUpdate`; a backend may register its own.
 *
 * @param parameters  with unique names; their variables stay the caller's
 * @throws OverparamError `invalid-optimiser`, `duplicate-parameter`
 * @example
 * const optimiser = createOptimiser({ name: 'sgd', momentum: 0.9 }, [{ name: 'w', variable: w, weightDecay: 0 }]);
 * optimiser.update({ w: gradient }, { rate: tf.scalar(0.1), apply: tf.scalar(true) });
 */
export function createOptimiser(
  config: OptimiserConfig,
  parameters: readonly OptimisedParameter[],
): Optimiser {
  registerOptimiserKernels();
  const rule = ruleOf(config);
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  if (byName.size !== parameters.length) {
    const twice = parameters.find((parameter) => byName.get(parameter.name) !== parameter);
    throw new OverparamError(
      'duplicate-parameter',
      `An optimiser expects parameters of different names; "${twice?.name}" came twice. Give each its own name.`,
    );
  }
  const slots = new Map<string, tf.Variable>();
  tf.tidy(() => {
    for (const { name, variable } of parameters) {
      for (const slot of rule.slots) {
        slots.set(`${name}/${slot}`, tf.variable(tf.zeros(slot === 'step' ? [] : variable.shape), false));
      }
    }
  });

  const known = (name: string): OptimisedParameter => {
    const parameter = byName.get(name);
    if (parameter) return parameter;
    throw new OverparamError(
      'unknown-parameter',
      `The optimiser moves ${parameters.length} parameters, and "${name}" is none of them. ` +
        'Name it when the optimiser is created.',
    );
  };

  const updateOne = (name: string, gradient: tf.Tensor, options: UpdateOptions): void => {
    const { variable, weightDecay } = known(name);
    if (gradient.shape.join() !== variable.shape.join()) {
      throw new OverparamError(
        'shape-mismatch',
        `The parameter "${name}" has the shape [${variable.shape}], its gradient [${gradient.shape}]. ` +
          'Give a gradient of the same shape.',
      );
    }
    const variables: Partial<Record<StateName, tf.Variable>> = { parameter: variable };
    for (const slot of rule.slots) variables[slot] = slots.get(`${name}/${slot}`)!;
    const attributes = rule.attributes(weightDecay, options.rateFactors?.[name] ?? 1);
    const next = nextState(rule, variables, gradient, attributes, options);
    for (const [state, value] of Object.entries(next)) variables[state as StateName]!.assign(value);
  };

  return {
    slots,
    update(gradients, options) {
      tf.tidy(() => {
        for (const [name, gradient] of Object.entries(gradients)) updateOne(name, gradient, options);
      });
    },
    reset(names) {
      tf.tidy(() => {
        for (const { name } of names.map(known)) {
          for (const slot of rule.slots) {
            const variable = slots.get(`${name}/${slot}`)!;
            variable.assign(tf.zeros(variable.shape));
          }
        }
      });
    },
    dispose() {
      for (const variable of slots.values()) variable.dispose();
      slots.clear();
    },
  };
}
