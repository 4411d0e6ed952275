import type { OpAttribute } from '../binding/enumerations';
import type { Output, Pointer } from '../binding/functions';
import { attribute } from '../binding/make-attribute';
import type { Graph } from './graph';
import type { OpNote } from './op-note';

/** A convolution with what is done to its output before anything else sees it. */
interface Chain {
  readonly convolution: OpNote;
  readonly bias: Output;
  /** What is added behind the bias, of the output's shape. */
  readonly addend: Output | null;
  readonly isRectified: boolean;
}

/** tfjs's kernels name the older one. */
const additions = new Set(['Add', 'AddV2', 'BiasAdd']);

const keyOf = ({ oper, index }: Output) => `${oper}:${index}`;

/**
 * Writes a step of constant weights once more with convolution, bias, addition and ReLU as one op each, which needs no
 * pass over memory of its own for the last three, and lets oneDNN keep its own form of the weights from call to call.
 *
 * TensorFlow's optimiser puts such ops together only where it knows the bias's shape, and keeps weights only where they
 * are written into the graph, which takes several times their memory. So the op that it would make is named here.
 */
export class Fusion {
  private readonly written = new Map<Pointer, Pointer>();
  private readonly readers = new Map<string, number>();
  private readonly chains = new Map<Pointer, Chain | null>();

  /**
   * @param notes     what the graph has
   * @param outputs   what leaves the step
   * @param constant  whether a value is the same at each call
   */
  constructor(
    private readonly graph: Graph,
    private readonly notes: ReadonlyMap<Pointer, OpNote>,
    outputs: readonly Output[],
    private readonly constant: (output: Output) => Output | null,
  ) {
    const read = (input: Output) => {
      this.readers.set(keyOf(input), (this.readers.get(keyOf(input)) ?? 0) + 1);
    };
    for (const { inputs } of notes.values()) inputs.forEach(read);
    outputs.forEach(read);
  }

  /** Stands for the same value; what it is made of is written anew. */
  rewritten(output: Output): Output {
    const known = this.constant(output);
    if (known !== null) return known;
    const note = this.notes.get(output.oper);
    // What is made of nothing: inputs, constants.
    if (note === undefined || note.inputs.length === 0) return output;
    return { oper: this.write(output.oper, note), index: output.index };
  }

  private write(oper: Pointer, note: OpNote): Pointer {
    const known = this.written.get(oper);
    if (known !== undefined) return known;
    const chain = this.chainOf(oper);
    const made = chain === null ? this.copy(oper, note) : this.fused(chain);
    this.written.set(oper, made);
    return made;
  }

  private copy(oper: Pointer, { name, attributes, inputs }: OpNote): Pointer {
    const sources = inputs.map((input) => this.rewritten(input));
    const same = sources.every((source, index) => keyOf(source) === keyOf(inputs[index]!));
    return same ? oper : this.graph.write(name, attributes, sources);
  }

  private fused({ convolution, bias, addend, isRectified }: Chain): Pointer {
    const { attributes, inputs } = convolution;
    const more = addend === null ? [bias] : [bias, addend];
    const given: OpAttribute[] = attributes.filter(({ name }) => name !== 'use_cudnn_on_gpu');
    return this.graph.write(
      '_MklNativeFusedConv2D',
      [
        ...given,
        attribute.types(
          'TArgs',
          more.map((input) => this.graph.dtypeOf(input)),
        ),
        attribute.int('num_args', more.length),
        attribute.int('num_host_args', 0),
        attribute.bool('is_filter_const', true),
        attribute.strings('fused_ops', [
          'BiasAdd',
          ...(addend === null ? [] : ['Add']),
          ...(isRectified ? ['Relu'] : []),
        ]),
        // What TensorFlow's own rewriting calls ops of this kind by.
        attribute.string('_kernel', 'MklNameChangeOp'),
      ],
      [...inputs, ...more].map((input) => this.rewritten(input)),
    );
  }

  private chainOf(oper: Pointer): Chain | null {
    const known = this.chains.get(oper);
    if (known !== undefined) return known;
    const note = this.notes.get(oper);
    const found = note === undefined ? null : (this.biased(note) ?? this.added(note) ?? this.rectified(note));
    this.chains.set(oper, found);
    return found;
  }

  /** The op behind an output that nobody else reads. */
  private only(output: Output): OpNote | undefined {
    return this.readers.get(keyOf(output)) === 1 ? this.notes.get(output.oper) : undefined;
  }

  private onlyChain(output: Output): Chain | null {
    return this.only(output) === undefined ? null : this.chainOf(output.oper);
  }

  private biased({ name, inputs }: OpNote): Chain | null {
    if (!additions.has(name)) return null;
    for (const [y, bias] of [inputs, [...inputs].reverse()] as [Output, Output][]) {
      const convolution = this.only(y);
      if (convolution?.name !== 'Conv2D' || this.constant(convolution.inputs[1]!) === null) continue;
      if (!convolution.attributes.some(({ value }) => value === 'NHWC')) continue;
      const known = this.constant(bias);
      const channels = this.graph.shapeOf(y)?.at(-1);
      if (known === null || this.graph.shapeOf(known)?.join() !== `${channels}`) continue;
      return { convolution, bias, addend: null, isRectified: false };
    }
    return null;
  }

  private added({ name, inputs }: OpNote): Chain | null {
    if (!additions.has(name)) return null;
    for (const [y, addend] of [[...inputs].reverse(), inputs] as [Output, Output][]) {
      const chain = this.onlyChain(y);
      if (chain === null || chain.addend !== null || chain.isRectified) continue;
      if (this.graph.shapeOf(y)?.join() !== this.graph.shapeOf(addend)?.join()) continue;
      if (this.graph.dtypeOf(y) !== this.graph.dtypeOf(addend)) continue;
      return { ...chain, addend };
    }
    return null;
  }

  private rectified({ name, inputs }: OpNote): Chain | null {
    if (name !== 'Relu') return null;
    const chain = this.onlyChain(inputs[0]!);
    return chain === null || chain.isRectified ? null : { ...chain, isRectified: true };
  }
}
