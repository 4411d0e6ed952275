import { OverparamError } from '@overparam/errors';
import type * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { PassState, Precision, StepOptions } from '../backend/steps';
import type { Tracing, UpdateAttributes } from '../backend/tracing';
import type { TensorEntry } from '../backend/upstream';
import type { TensorMetadata } from '../binding/binding';
import { dataTypes, type OpAttribute } from '../binding/enumerations';
import type { Output, Pointer } from '../binding/functions';
import { attribute } from '../binding/make-attribute';
import type { Values } from '../binding/values';
import type { Question } from '../choices/question';
import { adamRule } from './adam';
import { Graph } from './graph';
import { momentumRule } from './momentum';
import { Narrowing } from './narrowing';
import { readError } from './read-error';
import { Updates } from './updates';
import { assignable, readEntry, type VariableUse } from './variables';

/** Values up to this size are written into the function, where TensorFlow can compute with them beforehand. */
const constantSize = 64;
/** What a step makes of JavaScript's values is written into the function up to this size. */
const literalSize = 4096;
/**
 * Convolutions whose output's gradient is larger compute their own gradients one after the other, in the order of the
 * tape: each keeps all processors busy by itself, and those side by side only hold more memory at a time.
 */
const largeGradientSize: Readonly<Record<Precision, number>> = {
  float32: 2 ** 23,
  // A tenth of the memory of a ResNet-50's step, at no measurable time.
  bfloat16: 2 ** 20,
};

const sizeOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
const keyOf = ({ oper, index }: Output) => `${oper}:${index}`;

/** Writes ops down as a graph while tfjs believes that it executes them. */
export class Trace implements Tracing {
  readonly graph: Graph;
  readonly updates: Updates;
  /** What was read in the step, against the rule. */
  violation: OverparamError | null = null;
  readonly uses = new Map<TensorEntry, VariableUse>();
  /** Tensors that were made before, as further arguments: handles of this trace's own. */
  readonly captures: { readonly input: Output; readonly id: number }[] = [];
  /** What was not timed yet, by key. */
  readonly questions = new Map<string, Question>();
  /** Null where all is computed in float32. */
  private readonly narrowing: Narrowing | null;
  private isWide = false;
  private isAsGiven = false;
  private readonly precision: Precision;
  private readonly frozen: boolean;
  /** Values that are the same at each call: what was made before the step, and in one of constant weights the variables. */
  private readonly constants = new Map<string, number | null>();
  private readonly rounded = new Map<string, Output>();
  private readonly symbols = new Map<number, Output>();
  private readonly known = new WeakMap<TensorEntry, number>();
  /** Empty, or the last operation that the next one of its kind waits for. */
  private lastLargeGradient: readonly Pointer[] = [];
  private readonly rectified = new Map<string, Output>();
  private readonly remakes = new Map<string, (others: readonly number[]) => number>();

  constructor(
    readonly backend: TensorFlowBackend,
    private readonly variables: ReadonlyMap<TensorEntry, tf.Variable>,
    { precision = 'float32', recompute = 'none', frozen = false }: StepOptions = {},
    /** Whether all that was there before becomes part of the graph: for one that leaves this process. */
    private readonly selfContained = false,
  ) {
    this.precision = precision;
    this.graph = new Graph(backend.binding, recompute);
    if (frozen) this.graph.notes = new Map();
    this.frozen = frozen;
    this.updates = new Updates(this.graph);
    this.narrowing = precision === 'bfloat16' ? new Narrowing(this.graph) : null;
  }

  /** A tensor that is an argument of the step. */
  argument(shape: readonly number[], dtype: number): { readonly input: Output; readonly id: number } {
    const input = this.graph.placeholder(shape, dtype);
    this.narrowing?.mark(input);
    this.graph.recompute?.mark(input);
    return { input, id: this.symbol(input) };
  }

  owns(id: number): boolean {
    return this.symbols.has(id);
  }

  /** Symbols stay: what a disposed tensor stood for may still be an output. */
  deleteTensor(): void {}

  read(): never {
    this.violation = readError();
    throw this.violation;
  }

  createTensor(shape: readonly number[], dtype: number, values: Values): number {
    return this.symbol(this.graph.constant(shape, dtype, values));
  }

  /** The number of a tensor in this trace. */
  idOf(entry: TensorEntry): number {
    if (this.symbols.has(entry.id)) return entry.id;
    const use = this.useOf(entry);
    if (use !== null) return this.known.get(entry)!;
    const found = this.known.get(entry);
    if (found !== undefined) return found;
    const id = this.bring(entry);
    this.known.set(entry, id);
    return id;
  }

  /** The variable that an entry is the value of, which becomes one of the step's. */
  useOf(entry: TensorEntry): VariableUse | null {
    const found = this.uses.get(entry);
    if (found !== undefined) return found;
    const variable = this.variables.get(entry);
    if (variable === undefined || !assignable(entry) || this.frozen || this.selfContained) return null;
    const resource = this.graph.placeholder([], dataTypes.TF_RESOURCE);
    const value = this.graph.output('ReadVariableOp', [attribute.type('dtype', entry.dtype)], [resource]);
    this.graph.setShape(value, entry.shape);
    const use = { variable, shape: entry.shape, dtype: entry.dtype, resource, value };
    this.uses.set(entry, use);
    this.known.set(entry, this.symbol(value));
    return use;
  }

  /** What a number stands for. */
  output(id: number): Output {
    const found = this.symbols.get(id);
    if (found === undefined) {
      throw new OverparamError(
        'tensor-unknown',
        `A compiled step uses tensor ${id}, which was disposed or belongs to another step.`,
      );
    }
    return found;
  }

  /** As {@link output}, in float32 where it was narrowed. */
  wideOutput(id: number): Output {
    const output = this.output(id);
    return this.narrowing?.wide(output) ?? output;
  }

  /** As {@link valueOf}, in float32 where it was narrowed: what leaves the step, or changes a variable. */
  wideValueOf(id: number): Output {
    const value = this.valueOf(id);
    return this.narrowing?.wide(value) ?? value;
  }

  /** What a number stands for, to be computed with: where it stands for an updated value, that value. */
  valueOf(id: number): Output {
    return this.updates.resolve(this.output(id));
  }

  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): TensorMetadata[] {
    const sources = inputs.map((id) => this.valueOf(id));
    if (name === 'ReluGrad') {
      // The sign of the output tells the same as that of the input, which then need not be kept, and may be fused away.
      sources[1] = this.rectified.get(keyOf(sources[1]!)) ?? sources[1]!;
    }
    if (name === 'Conv2DBackpropFilter') {
      // The image is needed again only now: made anew once the gradient is there, it need not be kept until then.
      sources[0] = this.valueOf(this.again(inputs[0]!, [inputs[2]!]));
    }
    const narrowing = this.isAsGiven ? null : this.narrowing;
    const plan = this.isWide
      ? narrowing?.wideForm(attributes, sources)
      : narrowing?.plan(name, attributes, sources);
    const taken = plan?.sources ?? sources;
    const turn = this.isLargeGradient(name, sources) ? this.lastLargeGradient : [];
    const oper = this.graph.add(name, plan?.attributes ?? attributes, taken, turn);
    if (turn === this.lastLargeGradient) this.lastLargeGradient = [oper];
    if (name === 'Relu') this.rectified.set(keyOf(sources[0]!), { oper, index: 0 });
    return Array.from({ length: outputs }, (_, index) => {
      const output = { oper, index };
      if (plan?.data) this.narrowing!.mark(output);
      return this.describe(name, output);
    });
  }

  remake(id: number, make: (others: readonly number[]) => number): void {
    this.remakes.set(keyOf(this.output(id)), make);
  }

  again(id: number, others: readonly number[]): number {
    const remake = this.remakes.get(keyOf(this.valueOf(id)));
    return remake === undefined ? id : remake(others);
  }

  wayFor(question: Question): string {
    // What is fastest in float32 is known from many processors, and settled.
    if (this.narrowing === null) return question.ways[0]!;
    const way = this.backend.choices.of(question);
    if (way === null) this.questions.set(question.key, question);
    return way ?? question.ways[0]!;
  }

  inTurn(ids: readonly number[], make: (ids: readonly number[]) => number): void {
    const later = ids.map((id) => {
      const x = this.valueOf(id);
      const T = attribute.type('T', this.graph.dtypeOf(x));
      const output = { oper: this.graph.add('Identity', [T], [x], this.lastLargeGradient), index: 0 };
      if (this.narrowing?.isData(x)) this.narrowing.mark(output);
      return this.symbol(output);
    });
    this.lastLargeGradient = [this.valueOf(make(later)).oper];
  }

  private isLargeGradient(name: string, [, , dy]: readonly Output[]): boolean {
    return (
      name.startsWith('Conv2DBackprop') &&
      sizeOf(this.graph.shapeOf(dy!) ?? []) > largeGradientSize[this.precision]
    );
  }

  after(id: number, others: readonly number[]): TensorMetadata {
    const x = this.valueOf(id);
    const T = attribute.type('T', this.graph.dtypeOf(x));
    const before = others.map((other) => this.valueOf(other).oper);
    const output = { oper: this.graph.add('Identity', [T], [x], before), index: 0 };
    if (this.narrowing?.isData(x)) this.narrowing.mark(output);
    return this.describe('Identity', output);
  }

  passesAre(state: PassState): void {
    const { recompute } = this.graph;
    if (state === 'forward') recompute?.begin();
    else if (state === 'backward') recompute?.turn();
    else recompute?.end();
  }

  inFloat32<Result>(work: () => Result): Result {
    const before = this.isWide;
    this.isWide = true;
    try {
      return work();
    } finally {
      this.isWide = before;
    }
  }

  asGiven<Result>(work: () => Result): Result {
    const before = this.isAsGiven;
    this.isAsGiven = true;
    try {
      return work();
    } finally {
      this.isAsGiven = before;
    }
  }

  isOverExamples(id: number): void {
    this.narrowing?.unmark(this.output(id));
  }

  widened(id: number): TensorMetadata {
    return this.describe('Cast', this.wideValueOf(id));
  }

  /** One update by an optimiser, to be done in place at the step's end. Gives the new parameter and slots. */
  update(
    entries: readonly TensorEntry[],
    others: { readonly gradient: number; readonly rate: number; readonly apply: number },
    attributes: UpdateAttributes,
  ): TensorMetadata[] | null {
    const variables = entries.map((entry) => this.useOf(entry));
    if (!variables.every((use) => use !== null)) return null;
    const update = {
      variables,
      gradient: this.valueOf(others.gradient),
      rate: this.wideValueOf(others.rate),
      apply: this.valueOf(others.apply),
      rule: attributes.rule === 'adam' ? adamRule(attributes) : momentumRule(attributes),
    };
    // Identities of the old values stand for the new ones; whether anything reads them shows at the end.
    const results = variables.map((use) => {
      const output = this.identity(use.value);
      return { id: this.symbol(output), output, shape: [...use.shape], dtype: use.dtype };
    });
    this.updates.add(
      update,
      results.map(({ output }) => keyOf(output)),
    );
    return results.map(({ id, shape, dtype }) => ({ id, shape, dtype }));
  }

  private symbol(output: Output): number {
    const id = this.backend.binding.nextId();
    this.symbols.set(id, output);
    return id;
  }

  private describe(name: string, output: Output): TensorMetadata {
    const shape = this.graph.shapeOf(output);
    if (shape === null && output.index === 0) {
      throw new OverparamError(
        'shape-unknown',
        `The op ${name} has an output whose shape depends on values, so it cannot be part of a compiled step. Compute ` +
          'it before the step and hand the result in.',
      );
    }
    const dtype = this.graph.dtypeOf(output);
    // tfjs knows of no half precision.
    const told = dtype === dataTypes.TF_BFLOAT16 ? dataTypes.TF_FLOAT : dtype;
    return { id: this.symbol(output), shape: shape ?? [0], dtype: told };
  }

  /** A tensor that was made before the step, or of JavaScript's values within it. */
  private bring(entry: TensorEntry): number {
    const { binding } = this.backend;
    const size = sizeOf(entry.shape);
    if (entry.values !== null && (size <= literalSize || entry.dtype === dataTypes.TF_STRING)) {
      return this.symbol(this.graph.constant(entry.shape, entry.dtype, entry.values));
    }
    const id = readEntry(this.backend, entry);
    if (this.selfContained || size <= constantSize) {
      const values = binding.valuesOf(id);
      const constant = this.graph.constant(entry.shape, entry.dtype, values);
      this.constants.set(keyOf(constant), null);
      return this.symbol(constant);
    }
    const [handle] = binding.run('Identity', [attribute.type('T', entry.dtype)], [binding.handle(id)], 1);
    return this.symbol(this.capture(entry.shape, entry.dtype, binding.adopt(handle!)));
  }

  /** A tensor of this trace's own as a further argument. Unlike an input of the step it follows from no example. */
  private capture(shape: readonly number[], dtype: number, id: number): Output {
    const input = this.graph.placeholder(shape, dtype);
    this.captures.push({ input, id });
    this.constants.set(keyOf(input), id);
    return input;
  }

  /** The value where it is the same at each call, computed once where it is a rounded weight; else null. */
  constantOf(output: Output): Output | null {
    if (this.constants.has(keyOf(output))) return output;
    const known = this.rounded.get(keyOf(output));
    if (known !== undefined) return known;
    const note = this.graph.notes?.get(output.oper);
    if (note?.name !== 'Cast') return null;
    const id = this.constants.get(keyOf(note.inputs[0]!));
    if (id === undefined || id === null) return null;
    const { binding } = this.backend;
    const [handle] = binding.run('Cast', note.attributes, [binding.handle(id)], 1);
    const shape = this.graph.shapeOf(output)!;
    const rounded = this.capture(shape, this.graph.dtypeOf(output), binding.adopt(handle!));
    this.rounded.set(keyOf(output), rounded);
    return rounded;
  }

  identity(output: Output): Output {
    return this.graph.output('Identity', [attribute.type('T', this.graph.dtypeOf(output))], [output]);
  }

  /** Operations that write the variables' new values. */
  assign(use: VariableUse, value: Output): Pointer {
    return this.graph.add(
      'AssignVariableOp',
      [attribute.type('dtype', use.dtype)],
      [use.resource, value],
      [use.value.oper],
    );
  }
}
