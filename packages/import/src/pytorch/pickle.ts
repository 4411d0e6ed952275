import { OverparamError } from '@overparam/errors';
import { PickleBytes } from './pickle-bytes';
import {
  callOf,
  globalOf,
  PickleDict,
  type PickleFail,
  PickleGlobal,
  PickleList,
  PickleStorage,
  PickleTuple,
  type PickleValue,
  setEntry,
  storageTypes,
} from './pickle-values';

/** Newest protocol that is read; PyTorch writes 2. */
const newestProtocol = 5;

/** The most instructions that are followed; a network of a thousand tensors takes some forty thousand. */
const mostInstructions = 2_000_000;

/**
 * Reads the pickle of a PyTorch checkpoint. It is a list of instructions for a small machine that builds values; the
 * machine here knows those that state dicts use, and the few names that they refer to. Nothing that is read is executed.
 *
 * Source of the instructions: https://docs.python.org/3/library/pickletools.html
 *
 * @param bytes   all of `data.pkl`
 * @param source  what the bytes are, for errors
 * @throws OverparamError `pickle-refused` for a name or an instruction that no file of tensors needs, `pickle-invalid`
 */
export function readPickle(bytes: Uint8Array, source: string): PickleValue {
  const fail: PickleFail = (problem) =>
    new OverparamError(
      'pickle-invalid',
      `${source}: expected a pickle as torch.save writes it, but ${problem}. The file is damaged or no checkpoint; fetch or save it again.`,
    );
  return new PickleMachine(new PickleBytes(bytes, fail), source, fail).run();
}

class PickleMachine {
  private readonly stack: PickleValue[] = [];
  /** Heights of the stack at which groups of values begin. */
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, PickleValue>();

  constructor(
    private readonly bytes: PickleBytes,
    private readonly source: string,
    readonly fail: PickleFail,
  ) {}

  run(): PickleValue {
    for (let count = 0; ; count++) {
      if (count > mostInstructions) throw this.fail(`it has more than ${mostInstructions} instructions`);
      const place = this.bytes.place;
      const code = this.bytes.byte();
      if (code === 0x2e) break;
      const instruction = instructions[code];
      if (instruction === undefined) {
        throw new OverparamError(
          'pickle-refused',
          `${this.source}: the pickle has instruction 0x${code.toString(16)} at byte ${place}, which no file of tensors needs; nothing was executed. ` +
            'Save the tensors alone in PyTorch: torch.save(model.state_dict(), "weights.pth").',
        );
      }
      instruction(this);
    }
    const result = this.pop();
    if (this.stack.length > 0 || this.marks.length > 0) throw this.fail('values are left over at its end');
    return result;
  }

  get read(): PickleBytes {
    return this.bytes;
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) throw this.fail('a value is missing');
    return this.stack.pop()!;
  }

  top(): PickleValue {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) throw this.fail('a value is missing');
    return this.stack.at(-1)!;
  }

  mark(): void {
    this.marks.push(this.stack.length);
  }

  /** The values since the last mark, which is taken away. */
  popGroup(): PickleValue[] {
    const start = this.marks.pop();
    if (start === undefined) throw this.fail('a mark is missing');
    return this.stack.splice(start);
  }

  popTuple(length: number): void {
    const items = Array.from({ length }, () => this.pop()).reverse();
    this.push(new PickleTuple(items));
  }

  keep(index: number): void {
    this.memo.set(index, this.top());
  }

  keepNext(): void {
    this.memo.set(this.memo.size, this.top());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.fail(`it takes value ${index}, which it has not kept`);
    this.push(value);
  }

  list(): PickleList {
    const list = this.top();
    if (!(list instanceof PickleList)) throw this.fail('it appends to something that is no list');
    return list;
  }

  setItems(pairs: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof PickleDict) || pairs.length % 2 > 0)
      throw this.fail('it sets entries of no dictionary');
    for (let at = 0; at < pairs.length; at += 2) setEntry(dict, pairs[at]!, pairs[at + 1]!, this.fail);
  }

  global(module: PickleValue, name: PickleValue): void {
    if (typeof module !== 'string' || typeof name !== 'string') throw this.fail('a name is no text');
    this.push(globalOf(module, name, this.source));
  }

  call(): void {
    const given = this.pop();
    this.push(callOf(this.pop(), given, this.fail));
  }

  /** A dictionary's attributes, such as the versions that PyTorch keeps beside a state dict, are not needed. */
  build(): void {
    const state = this.pop();
    if (!(this.top() instanceof PickleDict) || !(state instanceof PickleDict || state === null)) {
      throw this.fail('it gives attributes to something that is no dictionary');
    }
  }

  /** What stands outside of the pickle: numbers in another member of the archive. */
  persistent(): void {
    const id = this.pop();
    const [kind, type, key, , count] = id instanceof PickleTuple ? id.items : [];
    const known = type instanceof PickleGlobal ? storageTypes[type.name] : undefined;
    if (kind !== 'storage' || known === undefined || typeof key !== 'string') {
      throw this.fail('it refers to something outside that is no storage of numbers');
    }
    if (!Number.isSafeInteger(count) || (count as number) < 0) throw this.fail('a storage has no count');
    this.push(new PickleStorage(known, key, count as number));
  }
}

/** The instructions that are known, by their byte, under the names that Python's pickletools gives them. */
const instructions: Readonly<Record<number, ((machine: PickleMachine) => void) | undefined>> = {
  // PROTO
  128(machine) {
    const version = machine.read.byte();
    if (version > newestProtocol) throw machine.fail(`its protocol is ${version}`);
  },
  // FRAME
  149: (machine) => void machine.read.take(8),
  // MARK
  40: (machine) => machine.mark(),
  // NONE
  78: (machine) => machine.push(null),
  // NEWTRUE
  136: (machine) => machine.push(true),
  // NEWFALSE
  137: (machine) => machine.push(false),
  // BININT
  74: (machine) => machine.push(machine.read.int32()),
  // BININT1
  75: (machine) => machine.push(machine.read.byte()),
  // BININT2
  77: (machine) => machine.push(machine.read.uint16()),
  // LONG1
  138: (machine) => machine.push(machine.read.long(machine.read.byte())),
  // BINFLOAT
  71: (machine) => machine.push(machine.read.double()),
  // BINUNICODE
  88: (machine) => machine.push(machine.read.text(machine.read.uint32())),
  // SHORT_BINUNICODE
  140: (machine) => machine.push(machine.read.text(machine.read.byte())),
  // EMPTY_DICT
  125: (machine) => machine.push(new PickleDict()),
  // EMPTY_LIST
  93: (machine) => machine.push(new PickleList()),
  // EMPTY_TUPLE
  41: (machine) => machine.push(new PickleTuple([])),
  // TUPLE1
  133: (machine) => machine.popTuple(1),
  // TUPLE2
  134: (machine) => machine.popTuple(2),
  // TUPLE3
  135: (machine) => machine.popTuple(3),
  // TUPLE
  116: (machine) => machine.push(new PickleTuple(machine.popGroup())),
  // APPEND
  97(machine) {
    const item = machine.pop();
    machine.list().items.push(item);
  },
  // APPENDS
  101(machine) {
    const items = machine.popGroup();
    const list = machine.list();
    for (const item of items) list.items.push(item);
  },
  // SETITEM
  115(machine) {
    const value = machine.pop();
    machine.setItems([machine.pop(), value]);
  },
  // SETITEMS
  117: (machine) => machine.setItems(machine.popGroup()),
  // BINPUT
  113: (machine) => machine.keep(machine.read.byte()),
  // LONG_BINPUT
  114: (machine) => machine.keep(machine.read.uint32()),
  // MEMOIZE
  148: (machine) => machine.keepNext(),
  // BINGET
  104: (machine) => machine.recall(machine.read.byte()),
  // LONG_BINGET
  106: (machine) => machine.recall(machine.read.uint32()),
  // GLOBAL
  99(machine) {
    const module = machine.read.line();
    machine.global(module, machine.read.line());
  },
  // STACK_GLOBAL
  147(machine) {
    const name = machine.pop();
    machine.global(machine.pop(), name);
  },
  // REDUCE
  82: (machine) => machine.call(),
  // BUILD
  98: (machine) => machine.build(),
  // BINPERSID
  81: (machine) => machine.persistent(),
};
