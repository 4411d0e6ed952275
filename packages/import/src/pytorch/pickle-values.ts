import { OverparamError } from '@overparam/errors';

/** A pickle's dictionary. */
export class PickleDict {
  readonly entries = new Map<string | number | bigint | boolean | null, PickleValue>();
}

/** A pickle's list. */
export class PickleList {
  readonly items: PickleValue[] = [];
}

/** A pickle's tuple. */
export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** A name that the pickle refers to, one of those in {@link knownGlobals}; it stands for nothing that runs. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

/** Numbers of one type in a member of the checkpoint's archive. */
export class PickleStorage {
  constructor(
    readonly type: string,
    readonly key: string,
    readonly count: number,
  ) {}
}

/** A view of a storage. */
export class PickleTensor {
  constructor(
    readonly storage: PickleStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** What a pickle of tensors can hold. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleDict
  | PickleList
  | PickleTuple
  | PickleGlobal
  | PickleStorage
  | PickleTensor;

/** Types of numbers, by the names of PyTorch's classes of storages. */
export const storageTypes: Readonly<Record<string, string | undefined>> = {
  'torch FloatStorage': 'float32',
  'torch DoubleStorage': 'float64',
  'torch HalfStorage': 'float16',
  'torch BFloat16Storage': 'bfloat16',
  'torch LongStorage': 'int64',
  'torch IntStorage': 'int32',
  'torch ShortStorage': 'int16',
  'torch CharStorage': 'int8',
  'torch ByteStorage': 'uint8',
  'torch BoolStorage': 'bool',
};

/** All names that a pickle may refer to: what files of `torch.save(model.state_dict())` hold. */
const knownGlobals: ReadonlySet<string> = new Set([
  'collections OrderedDict',
  'torch._utils _rebuild_tensor_v2',
  'torch._utils _rebuild_parameter',
  'torch Size',
  ...Object.keys(storageTypes),
]);

/** Makes the error for a pickle. */
export type PickleFail = (problem: string) => OverparamError;

/**
 * A name in a pickle.
 *
 * @throws OverparamError `pickle-refused` for a name that no file of tensors needs
 */
export function globalOf(module: string, name: string, source: string): PickleGlobal {
  const full = `${module} ${name}`;
  if (knownGlobals.has(full)) return new PickleGlobal(full);
  const shown = JSON.stringify(`${module}.${name}`.slice(0, 120));
  throw new OverparamError(
    'pickle-refused',
    `${source}: the pickle asks for ${shown}, and only tensors, dictionaries, lists and numbers are read; nothing was executed. ` +
      'Save the tensors alone in PyTorch: torch.save(model.state_dict(), "weights.pth").',
  );
}

/** What calling a known name with arguments means. */
export function callOf(target: PickleValue, given: PickleValue, fail: PickleFail): PickleValue {
  if (!(target instanceof PickleGlobal) || !(given instanceof PickleTuple)) {
    throw fail('it calls something that is no name of a function');
  }
  const { items } = given;
  switch (target.name) {
    case 'collections OrderedDict':
      return orderedDict(items, fail);
    case 'torch._utils _rebuild_tensor_v2':
      return rebuiltTensor(items, fail);
    case 'torch._utils _rebuild_parameter':
      if (items[0] instanceof PickleTensor) return items[0];
      throw fail('a parameter holds no tensor');
    case 'torch Size':
      if (items.length === 1 && items[0] instanceof PickleTuple) return items[0];
      throw fail('a size is no tuple');
    default:
      throw fail(`it calls ${target.name.replace(' ', '.')}, which is a type of storage`);
  }
}

function orderedDict(items: readonly PickleValue[], fail: PickleFail): PickleDict {
  const made = new PickleDict();
  if (items.length === 0) return made;
  const [pairs] = items;
  if (items.length > 1 || !(pairs instanceof PickleList)) throw fail('an OrderedDict is made of no list');
  for (const pair of pairs.items) {
    const both = pair instanceof PickleTuple || pair instanceof PickleList ? pair.items : [];
    if (both.length !== 2) throw fail('an OrderedDict is made of something other than pairs');
    setEntry(made, both[0]!, both[1]!, fail);
  }
  return made;
}

/** Sets an entry whose key is a text, a number or nothing. */
export function setEntry(dict: PickleDict, key: PickleValue, value: PickleValue, fail: PickleFail): void {
  if (typeof key === 'object' && key !== null) throw fail('a key is neither text nor number');
  dict.entries.set(key, value);
}

function rebuiltTensor(items: readonly PickleValue[], fail: PickleFail): PickleTensor {
  const [storage, offset, shape, strides] = items;
  if (!(storage instanceof PickleStorage)) throw fail('a tensor has no storage');
  const sizes = countsOf(shape);
  const steps = countsOf(strides);
  if (sizes === null || steps === null || sizes.length !== steps.length || sizes.length > 64) {
    throw fail('the shape and strides of a tensor must be tuples of as many whole numbers, each 0 or more');
  }
  if (!isCount(offset)) throw fail('a tensor begins at no whole number');
  return new PickleTensor(storage, offset, sizes, steps);
}

function countsOf(value: PickleValue | undefined): number[] | null {
  if (!(value instanceof PickleTuple) || !value.items.every(isCount)) return null;
  return value.items as number[];
}

function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
