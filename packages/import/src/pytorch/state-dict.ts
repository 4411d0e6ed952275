import { nearest, OverparamError } from '@overparam/errors';
import { PickleDict, PickleTensor, type PickleValue } from './pickle-values';

/** Prefixes that wrappers of PyTorch put before every name: `DataParallel` and `torch.compile`. */
const wrappers = ['module.', '_orig_mod.'];

/**
 * The dictionary of tensors in what a checkpoint holds: the value itself, or the one entry of it that is such a dictionary.
 *
 * @param key  the entry to take, where there are several, such as `model_ema`
 * @throws OverparamError `no-state-dict`, `ambiguous-state-dict`, `unknown-key`
 */
export function findStateDict(
  value: PickleValue,
  key: string | undefined,
  source: string,
): Map<string, PickleTensor> {
  const inner = entriesWithTensors(value);
  if (key !== undefined) {
    const found = inner.find(([name]) => name === key);
    if (found) return found[1];
    const near = nearest(
      key,
      inner.map(([name]) => name),
    );
    throw new OverparamError(
      'unknown-key',
      `${source}: it has no entry "${key}" with tensors; ${near ? `did you mean "${near}"?` : listed(inner)}`,
    );
  }
  const own = tensorsOf(value);
  if (own.size > 0) return own;
  if (inner.length === 1) return inner[0]![1];
  if (inner.length > 1) {
    throw new OverparamError(
      'ambiguous-state-dict',
      `${source}: several of its entries hold tensors: ${inner.map(([name, { size }]) => `"${name}" (${size})`).join(', ')}. Say which by --key, or as \`key\`.`,
    );
  }
  throw new OverparamError(
    'no-state-dict',
    `${source}: it holds no dictionary of tensors. Save one in PyTorch: torch.save(model.state_dict(), "weights.pth").`,
  );
}

/** Names without the prefix of a wrapper that all of them have. */
export function withoutWrappers<T>(tensors: ReadonlyMap<string, T>): Map<string, T> {
  let names = [...tensors.keys()];
  for (let found: string | undefined = ''; found !== undefined; ) {
    found = wrappers.find((prefix) => names.every((name) => name.startsWith(prefix)));
    if (names.length === 0) break;
    if (found !== undefined) names = names.map((name) => name.slice(found!.length));
  }
  return new Map([...tensors.values()].map((tensor, index) => [names[index]!, tensor]));
}

function tensorsOf(value: PickleValue): Map<string, PickleTensor> {
  const found = new Map<string, PickleTensor>();
  if (!(value instanceof PickleDict)) return found;
  for (const [name, tensor] of value.entries) {
    if (typeof name === 'string' && tensor instanceof PickleTensor) found.set(name, tensor);
  }
  return found;
}

function entriesWithTensors(value: PickleValue): [string, Map<string, PickleTensor>][] {
  if (!(value instanceof PickleDict)) return [];
  return [...value.entries]
    .map(([name, entry]): [string, Map<string, PickleTensor>] => [String(name), tensorsOf(entry)])
    .filter(([, tensors]) => tensors.size > 0);
}

function listed(inner: readonly (readonly [string, unknown])[]): string {
  if (inner.length === 0) return 'none of its entries has tensors.';
  return `there are ${inner.map(([name]) => `"${name}"`).join(', ')}.`;
}
