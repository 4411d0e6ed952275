import { attributeKinds, dataTypes } from '../binding/enumerations';
import type { Output, Pointer } from '../binding/functions';
import { attribute } from '../kernels/kernel';
import { Graph } from './graph';
import type { VariableUse } from './trace';

/** Constants of an update by stochastic gradient descent; PyTorch's meanings. */
export interface UpdateAttributes {
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  readonly rateFactor: number;
}

/** One parameter's update. */
export interface Update {
  readonly parameter: VariableUse;
  readonly velocity: VariableUse | null;
  readonly gradient: Output;
  readonly rate: Output;
  /** Bool: whether to do it. */
  readonly apply: Output;
  readonly attributes: UpdateAttributes;
}

interface Entry {
  readonly update: Update;
  /** What stands for the new parameter and velocity until they are needed. */
  readonly keys: readonly string[];
  /** The new values as outputs, once something has asked for them. */
  values: readonly Output[] | null;
}

const float = attribute.type('T', 'float32');
const keyOf = ({ oper, index }: Output) => `${oper}:${index}`;

/**
 * Updates that wait for the end of a step. Those whose results nothing in the step looks at are done in place, in one
 * branch that runs only where they apply: no second copy of a parameter, and no pass over it that chooses between old
 * and new.
 */
export class MomentumUpdates {
  private readonly entries: Entry[] = [];
  private readonly byKey = new Map<string, Entry>();

  constructor(private readonly graph: Graph) {}

  add(update: Update, keys: readonly string[]): void {
    const entry = { update, keys, values: null };
    this.entries.push(entry);
    for (const key of keys) this.byKey.set(key, entry);
  }

  /** An output that can be computed with: the new value itself where `output` only stands for it. */
  resolve(output: Output): Output {
    const entry = this.byKey.get(keyOf(output));
    if (entry === undefined) return output;
    entry.values ??= this.compute(entry.update);
    return entry.values[entry.keys.indexOf(keyOf(output))]!;
  }

  /**
   * Does in place what can be done so.
   *
   * @param finals  by variable, the output that is its value at the step's end
   * @returns the operation that does it, and the variables that are thereby dealt with
   */
  finish(finals: ReadonlyMap<VariableUse, Output>): {
    readonly effects: readonly Pointer[];
    readonly done: ReadonlySet<VariableUse>;
  } {
    const done = new Set<VariableUse>();
    const groups = new Map<string, Update[]>();
    for (const { update, keys, values } of this.entries) {
      const targets = [update.parameter, ...(update.velocity ? [update.velocity] : [])];
      const whole = targets.every((use, index) => {
        const final = finals.get(use);
        return final !== undefined && keyOf(final) === keys[index];
      });
      if (values !== null || !whole) continue;
      for (const use of targets) done.add(use);
      const group = keyOf(update.apply);
      groups.set(group, [...(groups.get(group) ?? []), update]);
    }
    const effects = [...groups.values()].map((updates) => this.branch(updates));
    return { effects, done };
  }

  /** The new values by plain ops, chosen where they apply. */
  private compute({ parameter, velocity, gradient, rate, apply, attributes }: Update): Output[] {
    const { graph } = this;
    const mul = (a: Output, b: Output) => graph.output('Mul', [float], [a, b]);
    const plus = (a: Output, b: Output) => graph.output('AddV2', [float], [a, b]);
    const choose = (next: Output, old: Output) => graph.output('SelectV2', [float], [apply, next, old]);
    const lr = mul(rate, graph.scalar(attributes.rateFactor));
    const g =
      attributes.weightDecay === 0
        ? gradient
        : plus(gradient, mul(parameter.value, graph.scalar(attributes.weightDecay)));
    const step = (move: Output) => graph.output('Sub', [float], [parameter.value, mul(move, lr)]);
    if (velocity === null) return [choose(step(g), parameter.value)];
    const v = plus(mul(velocity.value, graph.scalar(attributes.momentum)), g);
    const move = attributes.nesterov ? plus(g, mul(v, graph.scalar(attributes.momentum))) : v;
    return [choose(step(move), parameter.value), choose(v, velocity.value)];
  }

  private branch(updates: readonly Update[]): Pointer {
    const { binding } = this.graph;
    const inputs = updates.flatMap(({ parameter, velocity, gradient }) => [
      parameter.resource,
      ...(velocity ? [velocity.resource] : []),
      gradient,
    ]);
    inputs.push(updates[0]!.rate);
    const then = new Graph(binding);
    const otherwise = new Graph(binding);
    const name = `overparam_update_${binding.nextId()}`;
    const definitions: Pointer[] = [];
    try {
      definitions.push(applyAll(then, updates, `${name}_then`));
      const nothing = inputs.map((input) => otherwise.placeholder([], this.graph.dtypeOf(input)));
      definitions.push(otherwise.toFunction(`${name}_else`, { inputs: nothing, outputs: [], effects: [] }));
      for (const definition of definitions) {
        this.graph.define(definition);
        binding.addFunction(definition);
      }
    } finally {
      for (const definition of definitions) binding.library.TF_DeleteFunction(definition);
      then.dispose();
      otherwise.dispose();
    }
    this.branches.push(`${name}_then`, `${name}_else`);
    return this.graph.add(
      'If',
      [
        attribute.types('Tout', []),
        { name: 'then_branch', type: attributeKinds.TF_ATTR_FUNC, value: `${name}_then` },
        { name: 'else_branch', type: attributeKinds.TF_ATTR_FUNC, value: `${name}_else` },
        attribute.bool('_lower_using_switch_merge', true),
      ],
      [updates[0]!.apply, ...inputs],
      // The values that the step began with are read before they change.
      updates.flatMap(({ parameter, velocity }) => [
        parameter.value.oper,
        ...(velocity ? [velocity.value.oper] : []),
      ]),
    );
  }

  /** Names of the functions that were added to the runtime. */
  readonly branches: string[] = [];
}

/** The function that applies updates to their variables. TensorFlow's momentum is PyTorch's: v = m v + g, p = p - rate v. */
function applyAll(graph: Graph, updates: readonly Update[], name: string): Pointer {
  const inputs: Output[] = [];
  const effects: Pointer[] = [];
  const argument = (shape: readonly number[], dtype: number) => {
    const input = graph.placeholder(shape, dtype);
    inputs.push(input);
    return input;
  };
  const mul = (a: Output, b: Output) => graph.output('Mul', [float], [a, b]);
  const parts = updates.map((update) => ({
    update,
    parameter: argument([], dataTypes.TF_RESOURCE),
    velocity: update.velocity && argument([], dataTypes.TF_RESOURCE),
    gradient: argument(update.parameter.shape, dataTypes.TF_FLOAT),
  }));
  const rate = argument([], dataTypes.TF_FLOAT);
  const rates = new Map<number, Output>([[1, rate]]);
  for (const { update, parameter, velocity, gradient } of parts) {
    const { momentum, nesterov, weightDecay, rateFactor } = update.attributes;
    if (!rates.has(rateFactor)) rates.set(rateFactor, mul(rate, graph.scalar(rateFactor)));
    const lr = rates.get(rateFactor)!;
    let g = gradient;
    if (weightDecay !== 0) {
      const value = graph.output('ReadVariableOp', [attribute.type('dtype', 'float32')], [parameter]);
      graph.setShape(value, update.parameter.shape);
      g = graph.output('AddV2', [float], [gradient, mul(value, graph.scalar(weightDecay))]);
    }
    effects.push(
      velocity === null
        ? graph.add('ResourceApplyGradientDescent', [float], [parameter, lr, g])
        : graph.add(
            'ResourceApplyMomentum',
            [float, attribute.bool('use_nesterov', nesterov)],
            [parameter, velocity, lr, g, graph.scalar(momentum)],
          ),
    );
  }
  return graph.toFunction(name, { inputs, outputs: [], effects });
}
