import type { PassMemory } from '../backend/steps';
import { dataTypes } from '../binding/enumerations';
import type { Output, Pointer } from '../binding/functions';
import { attribute } from '../binding/make-attribute';
import { chooseCuts, type ForwardValue } from './cuts';
import type { Graph } from './graph';
import type { OpNote } from './op-note';

/** An op of the forward pass, and the part of it that the op belongs to. */
interface ForwardOp extends OpNote {
  part: number;
}

/** Ops whose output is their input's memory. */
const aliases = new Set(['Identity', 'Reshape', 'ExpandDims', 'Squeeze']);
/** Ops whose own gradient, and mostly that of the ops behind them, does not read their output. */
const unsaved = new Set([
  'FusedBatchNormV3',
  'AddV2',
  'Add',
  'AddN',
  'BiasAdd',
  'Slice',
  'StridedSlice',
  'Maximum',
  'Minimum',
  'Greater',
  'Equal',
  'Select',
  'SelectV2',
]);

/** Ops whose chains TensorFlow writes anew where nothing waits for them: sums would be of another order then. */
const rewritten = new Set(['AddV2', 'Add', 'AddN', 'Sub', 'Mul']);

const keyOf = ({ oper, index }: Output) => `${oper}:${index}`;

/**
 * Makes values of a forward pass again where a backward pass reads them, so that they need not be kept until then
 * (Chen et al. 2016, https://arxiv.org/abs/1604.06174). What is alive between the parts of the forward pass is kept, and
 * so are vectors such as a norm's statistics; the rest of a part is computed a second time by the same ops from the same
 * values, to the same bits, when the backward pass comes to that part.
 *
 * It stands between the ops that are written down and the graph: nobody who writes down an op needs to know of it.
 */
export class Recompute {
  private state: 'before' | 'forward' | 'backward' | 'behind' = 'before';
  /** Ops that follow from the step's examples. */
  private readonly dependent = new Set<Pointer>();
  private readonly forward = new Map<Pointer, ForwardOp>();
  private readonly kept = new Set<string>();
  private lastPart = 0;
  /** What the passes written down last hold at most. */
  memory: PassMemory | null = null;
  /** The part that is made again at present, and what was made of it. */
  private current = -1;
  private readonly made = new Map<Pointer, Pointer>();
  private readonly copies = new Set<Pointer>();
  private readonly gated = new Map<string, Output>();
  private gate: Pointer = 0n;
  /** Ops of the backward pass that read values of the forward pass, since the last part was entered. */
  private readonly open = new Set<Pointer>();

  constructor(private readonly graph: Graph) {}

  /** Says that a value belongs to the step's examples. */
  mark({ oper }: Output): void {
    this.dependent.add(oper);
  }

  /** From here on a forward pass is written down that backward passes follow from. */
  begin(): void {
    this.state = 'forward';
    this.forward.clear();
    this.kept.clear();
    this.leavePart();
  }

  /** The forward pass is done; backward passes follow. */
  turn(): void {
    this.state = 'backward';
    this.open.clear();
    this.cut();
  }

  /** The backward passes are done. */
  end(): void {
    this.state = 'behind';
    this.leavePart();
  }

  /** What an op is to read in place of what it was given. */
  inputsOf(inputs: readonly Output[]): readonly Output[] {
    if (this.state !== 'backward') return inputs;
    return inputs.map((input) => (this.isRemade(input) ? this.again(input) : input));
  }

  /** Takes note of an op that was written down. */
  added(oper: Pointer, op: OpNote): void {
    if (this.state === 'backward') {
      if (!rewritten.has(op.name) && op.inputs.some((input) => this.isOfForward(input))) this.open.add(oper);
      return;
    }
    if (!op.inputs.some((input) => this.dependent.has(input.oper))) return;
    this.dependent.add(oper);
    if (this.state === 'forward') this.forward.set(oper, { ...op, part: 0 });
  }

  private isOfForward({ oper }: Output): boolean {
    return this.forward.has(oper) || this.copies.has(oper);
  }

  private isRemade(output: Output): boolean {
    const op = this.forward.get(output.oper);
    return (
      op !== undefined && op.part < this.lastPart && !this.kept.has(keyOf(output)) && this.isLarge(output)
    );
  }

  /** Whether a value has one row for each example, as vectors of channels do not. */
  private isLarge(output: Output): boolean {
    return (this.graph.shapeOf(output)?.length ?? 2) >= 2;
  }

  private again(output: Output): Output {
    const { part } = this.forward.get(output.oper)!;
    if (part !== this.current) this.enterPart(part);
    return { oper: this.copyOf(output.oper), index: output.index };
  }

  /** A part is made again only once the backward pass is through with those behind it. */
  private enterPart(part: number): void {
    this.leavePart();
    this.current = part;
    this.gate = this.graph.write('NoOp', [], [], [...this.open]);
    this.open.clear();
  }

  private leavePart(): void {
    this.current = -1;
    this.made.clear();
    this.gated.clear();
  }

  private copyOf(oper: Pointer): Pointer {
    const known = this.made.get(oper);
    if (known !== undefined) return known;
    const { name, attributes, inputs } = this.forward.get(oper)!;
    const sources = inputs.map((input) => {
      if (this.isRemade(input)) return { oper: this.copyOf(input.oper), index: input.index };
      return this.dependent.has(input.oper) ? this.behindGate(input) : input;
    });
    const copy = this.graph.write(name, attributes, sources);
    this.made.set(oper, copy);
    this.copies.add(copy);
    return copy;
  }

  /** A kept value, to be had when the gate opens: that also tells copies from originals, which would be merged. */
  private behindGate(value: Output): Output {
    const key = keyOf(value);
    const known = this.gated.get(key);
    if (known !== undefined) return known;
    const T = attribute.type('T', this.graph.dtypeOf(value));
    const output = { oper: this.graph.write('Identity', [T], [value], [this.gate]), index: 0 };
    this.gated.set(key, output);
    return output;
  }

  /** Divides the forward pass into parts, and settles what is kept. */
  private cut(): void {
    const order = [...this.forward.keys()];
    const values = this.values(order);
    const weights = order.map((oper) => this.weightsOf(this.forward.get(oper)!));
    const { cuts, memory } = chooseCuts([...values.values()], weights);
    this.memory = memory;
    let part = 0;
    order.forEach((oper, place) => {
      if (place === cuts[part]) part++;
      this.forward.get(oper)!.part = part;
    });
    this.lastPart = part;
    for (const { part: reader, inputs } of this.forward.values()) {
      for (const input of inputs) {
        const maker = this.forward.get(input.oper);
        if (maker !== undefined && maker.part < reader) this.kept.add(keyOf(input));
      }
    }
  }

  /** Values that are worth keeping an eye on, by what they are the memory of. */
  private values(order: readonly Pointer[]): Map<string, ForwardValue> {
    const placeOf = new Map(order.map((oper, place) => [oper, place]));
    const rootOf = (output: Output): Output => {
      const op = this.forward.get(output.oper);
      return op !== undefined && aliases.has(op.name) ? rootOf(op.inputs[0]!) : output;
    };
    const values = new Map<string, ForwardValue>();
    order.forEach((oper, place) => {
      for (const input of this.forward.get(oper)!.inputs) {
        const root = rootOf(input);
        const made = placeOf.get(root.oper);
        if (made === undefined || !this.isLarge(root)) continue;
        const isSaved = !unsaved.has(this.forward.get(root.oper)!.name);
        values.set(keyOf(root), { made, last: place, bytes: this.bytesOf(root), isSaved });
      }
    });
    return values;
  }

  private weightsOf({ inputs }: ForwardOp): number {
    const others = inputs.filter(({ oper }) => !this.dependent.has(oper));
    return others.reduce((sum, input) => sum + this.bytesOf(input), 0);
  }

  private bytesOf(output: Output): number {
    const size = (this.graph.shapeOf(output) ?? []).reduce((product, side) => product * side, 1);
    switch (this.graph.dtypeOf(output)) {
      case dataTypes.TF_BOOL:
        return size;
      case dataTypes.TF_BFLOAT16:
        return 2 * size;
      default:
        return 4 * size;
    }
  }
}
