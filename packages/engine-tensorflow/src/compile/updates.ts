import { attributeKinds, dataTypes } from '../binding/enumerations';
import type { Output, Pointer } from '../binding/functions';
import { attribute } from '../binding/make-attribute';
import { Graph } from './graph';
import type { UpdateRule } from './update-rule';
import type { VariableUse } from './variables';

/** One parameter's update. */
export interface Update {
  /** The parameter and its slots. */
  readonly variables: readonly VariableUse[];
  /** In float32, or in half precision until it is needed. */
  readonly gradient: Output;
  readonly rate: Output;
  /** Bool: whether to do it. */
  readonly apply: Output;
  readonly rule: UpdateRule;
}

interface Entry {
  readonly update: Update;
  /** What stands for the new values until they are needed. */
  readonly keys: readonly string[];
  /** The new values as outputs, once something has asked for them. */
  values: readonly Output[] | null;
}

const float = attribute.type('T', 'float32');
const keyOf = ({ oper, index }: Output) => `${oper}:${index}`;

function inFloat32(graph: Graph, gradient: Output): Output {
  const { TF_FLOAT } = dataTypes;
  const given = graph.dtypeOf(gradient);
  if (given === TF_FLOAT) return gradient;
  const options = [
    attribute.type('SrcT', given),
    attribute.type('DstT', TF_FLOAT),
    attribute.bool('Truncate', false),
  ];
  return graph.output('Cast', options, [gradient]);
}

/**
 * Updates that wait for the end of a step. Those whose results nothing in the step looks at are done in place, in one
 * branch that runs only where they apply: no second copy of a parameter, and no pass over it that chooses between old
 * and new.
 */
export class Updates {
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
      const whole = update.variables.every((use, index) => {
        const final = finals.get(use);
        return final !== undefined && keyOf(final) === keys[index];
      });
      if (values !== null || !whole) continue;
      for (const use of update.variables) done.add(use);
      // A branch has one condition and one rate.
      const group = `${keyOf(update.apply)} ${keyOf(update.rate)}`;
      groups.set(group, [...(groups.get(group) ?? []), update]);
    }
    const effects = [...groups.values()].map((updates) => this.branch(updates));
    return { effects, done };
  }

  /** The new values by plain ops, chosen where they apply. */
  private compute({ variables, gradient, rate, apply, rule }: Update): Output[] {
    const { graph } = this;
    const old = variables.map(({ value }) => value);
    return rule
      .values(graph, old, inFloat32(graph, gradient), rate)
      .map((next, index) => graph.output('SelectV2', [float], [apply, next, old[index]!]));
  }

  private branch(updates: readonly Update[]): Pointer {
    const { binding } = this.graph;
    const inputs = updates.flatMap(({ variables, gradient }) => [
      ...variables.map(({ resource }) => resource),
      gradient,
    ]);
    inputs.push(updates[0]!.rate);
    const then = new Graph(binding);
    const otherwise = new Graph(binding);
    const name = `overparam_update_${binding.nextId()}`;
    const names = [`${name}_then`, `${name}_else`] as const;
    const definitions: Pointer[] = [];
    try {
      const types = updates.map(({ gradient }) => this.graph.dtypeOf(gradient));
      definitions.push(applyAll(then, updates, types, names[0]));
      const nothing = inputs.map((input) => otherwise.placeholder([], this.graph.dtypeOf(input)));
      definitions.push(otherwise.toFunction(names[1], { inputs: nothing, outputs: [], effects: [] }));
      for (const [index, definition] of definitions.entries()) {
        this.graph.define(definition);
        binding.addFunction(definition);
        this.branches.push(names[index]!);
      }
    } finally {
      for (const definition of definitions) binding.library.TF_DeleteFunction(definition);
      then.dispose();
      otherwise.dispose();
    }
    return this.graph.add(
      'If',
      [
        attribute.types('Tout', []),
        { name: 'then_branch', type: attributeKinds.TF_ATTR_FUNC, value: names[0] },
        { name: 'else_branch', type: attributeKinds.TF_ATTR_FUNC, value: names[1] },
        // Lowered into the step, each input would pass through ops of its own: hundreds, 3 % of a small network's step.
        attribute.bool('_lower_using_switch_merge', false),
      ],
      [updates[0]!.apply, ...inputs],
      // The values that the step began with are read before they change.
      updates.flatMap(({ variables }) => variables.map(({ value }) => value.oper)),
    );
  }

  /** Names of the functions that were added to the runtime. */
  readonly branches: string[] = [];
}

/** The function that applies updates to their variables. */
function applyAll(
  graph: Graph,
  updates: readonly Update[],
  gradientTypes: readonly number[],
  name: string,
): Pointer {
  const inputs: Output[] = [];
  const argument = (shape: readonly number[], dtype: number) => {
    const input = graph.placeholder(shape, dtype);
    inputs.push(input);
    return input;
  };
  const parts = updates.map(({ variables, rule }, index) => {
    const { shape } = variables[0]!;
    const resources = variables.map(() => argument([], dataTypes.TF_RESOURCE));
    return { rule, shape, resources, gradient: argument(shape, gradientTypes[index]!) };
  });
  const rate = argument([], dataTypes.TF_FLOAT);
  const effects = parts.flatMap(({ rule, shape, resources, gradient }) =>
    rule.apply(graph, resources, inFloat32(graph, gradient), rate, shape),
  );
  return graph.toFunction(name, { inputs, outputs: [], effects });
}
