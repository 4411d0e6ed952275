import { dataTypes, type OpAttribute } from '../binding/enumerations';
import type { Output } from '../binding/functions';
import { attribute } from '../binding/make-attribute';
import type { Graph } from './graph';
import { type NarrowRule, narrowOps } from './narrow-ops';

const { TF_FLOAT, TF_BFLOAT16 } = dataTypes;
const keyOf = ({ oper, index }: Output) => `${oper}:${index}`;
const isFloating = (dtype: number) => dtype === TF_FLOAT || dtype === TF_BFLOAT16;

/** An op as it is to be written down. */
export interface Narrowed {
  readonly attributes: readonly OpAttribute[];
  readonly sources: readonly Output[];
  /** Whether its outputs follow from the step's data, example by example. */
  readonly data: boolean;
}

const sumsOverExamples = (name: string, attributes: readonly OpAttribute[], data: readonly boolean[]) =>
  name.endsWith('BackpropFilter') ||
  (/^(Batch)?MatMul/.test(name) &&
    data.every(Boolean) &&
    attributes.some(({ name: key, value }) => (key === 'transpose_a' || key === 'adj_x') && value === true));

/**
 * Decides, while a step is written down, what is computed in bfloat16: convolutions and products of activations, and
 * what lies between them. tfjs, which has no such type, is told float32 throughout.
 *
 * What follows from parameters alone, such as a kernel that a method composes, stays float32, and so does whatever is
 * computed from sums over the examples: from their moments, and from a gradient of parameters, which itself takes half the
 * memory until then.
 */
export class Narrowing {
  private readonly data = new Set<string>();
  private readonly copies = new Map<string, Output>();

  constructor(private readonly graph: Graph) {}

  /** Marks a value that belongs to the step's examples. */
  mark(output: Output): void {
    this.data.add(keyOf(output));
  }

  /** Says that a value is a sum over the examples and belongs to none of them. */
  unmark(output: Output): void {
    this.data.delete(keyOf(output));
  }

  isData(output: Output): boolean {
    return this.data.has(keyOf(output));
  }

  /** The value in an element type; one copy, however often it is asked for. */
  as(output: Output, dtype: number): Output {
    const given = this.graph.dtypeOf(output);
    if (given === dtype || !isFloating(given)) return output;
    const key = keyOf(output);
    const known = this.copies.get(key);
    if (known !== undefined) return known;
    const copy = this.graph.output(
      'Cast',
      [attribute.type('SrcT', given), attribute.type('DstT', dtype), attribute.bool('Truncate', false)],
      [output],
    );
    this.copies.set(key, copy);
    // What was rounded is had again as it was.
    if (dtype === TF_BFLOAT16) this.copies.set(keyOf(copy), output);
    if (this.isData(output)) this.mark(copy);
    return copy;
  }

  wide(output: Output): Output {
    return this.as(output, TF_FLOAT);
  }

  /** How an op is to be written down that computes in float32 in any case. */
  wideForm(attributes: readonly OpAttribute[], sources: readonly Output[]): Narrowed {
    return {
      attributes,
      sources: sources.map((source) => this.wide(source)),
      data: sources.some((source) => this.isData(source)),
    };
  }

  /** How an op is to be written down. */
  plan(name: string, attributes: readonly OpAttribute[], sources: readonly Output[]): Narrowed {
    const rule = narrowOps[name];
    const data = sources.some((source) => this.isData(source));
    const operands = rule && this.narrowOperands(rule, sources);
    const sums =
      rule?.kind === 'product' &&
      sumsOverExamples(
        name,
        attributes,
        rule.operands.map((index) => this.isData(sources[index]!)),
      );
    if (operands === undefined || operands === null) {
      return { ...this.wideForm(attributes, sources), data: data && !sums };
    }
    return {
      attributes: attributes.map((each) => (each.name === 'T' ? { ...each, value: TF_BFLOAT16 } : each)),
      sources: sources.map((source, index) =>
        operands.includes(index) ? this.as(source, TF_BFLOAT16) : this.wide(source),
      ),
      data: data && !sums,
    };
  }

  /** The inputs that are to be bfloat16, or null where the op computes in float32. */
  private narrowOperands(rule: NarrowRule, sources: readonly Output[]): readonly number[] | null {
    const isNarrow = (index: number) => this.graph.dtypeOf(sources[index]!) === TF_BFLOAT16;
    switch (rule.kind) {
      case 'product':
        return rule.operands.some((index) => this.isData(sources[index]!)) ? rule.operands : null;
      case 'follows':
        return isNarrow(rule.leader) ? [rule.leader, ...rule.also] : null;
      case 'together': {
        const indices = sources.map((_, index) => index).slice(rule.first, sources.length - rule.behind);
        const floating = indices.filter((index) => isFloating(this.graph.dtypeOf(sources[index]!)));
        const data = floating.filter((index) => this.isData(sources[index]!));
        return data.length > 0 && data.every(isNarrow) ? floating : null;
      }
      case 'moved': {
        const indices = sources.map((_, index) => index).slice(0, sources.length - rule.behind);
        return indices.every(isNarrow) ? indices : null;
      }
    }
  }
}
