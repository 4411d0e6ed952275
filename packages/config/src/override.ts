import { OverparamError } from '@overparam/errors';
import { mergeLayers, writtenOut } from './merge';
import type { RunLayer } from './schema';
import { parseYaml } from './yaml';

/** One `--set path=value`. */
export interface Override {
  /** `['method', 'rank']` of `--set method.rank=2`. */
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * Parses `a.b=value`, the value as YAML: numbers, booleans, lists and objects in flow form.
 *
 * @throws OverparamError `invalid-override`
 */
export function parseOverride(text: string): Override {
  const at = text.indexOf('=');
  const path = text.slice(0, at).split('.');
  if (at < 1 || path.some((key) => key.trim() === '')) {
    throw new OverparamError(
      'invalid-override',
      `--set expected path=value, such as --set method.rank=2, and got "${text}".`,
    );
  }
  const value = parseYaml(text.slice(at + 1), `--set ${text}`, 'invalid-override');
  return { path: path.map((key) => key.trim()), value };
}

/**
 * Parses `lr=0.03,0.1,0.3` or `lr={ from: 0.01, to: 1 }`, values as YAML, as the override of `sweep.over` that it stands for.
 *
 * @throws OverparamError `invalid-override`
 */
export function parseSweep(text: string): Override {
  const at = text.indexOf('=');
  const key = text.slice(0, at).trim();
  if (at < 1 || key.split('.').some((part) => part.trim() === '')) {
    throw new OverparamError(
      'invalid-override',
      `--sweep expected key=value,value, such as --sweep lr=0.03,0.1,0.3, and got "${text}".`,
    );
  }
  const written = text.slice(at + 1);
  const list = parseYaml(`[${written}]`, `--sweep ${text}`, 'invalid-override') as readonly unknown[];
  const [first] = list;
  const one = list.length === 1 && typeof first === 'object' && first !== null;
  return { path: ['sweep', 'over', key], value: one ? first : list };
}

/** A copy of `target` with the value at `path` replaced; objects and lists on the way are copied. */
function setAt(target: unknown, path: readonly string[], value: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (Array.isArray(target)) {
    const index = Number(head);
    if (!Number.isInteger(index) || index < 0 || index >= target.length) {
      throw new OverparamError(
        'invalid-override',
        `--set: "${head}" is not an entry of a list of ${target.length}; expected an index from 0 to ${target.length - 1}.`,
      );
    }
    return target.map((entry, at) => (at === index ? setAt(entry, rest, value) : (entry as unknown)));
  }
  const object = typeof target === 'object' && target !== null ? (target as Record<string, unknown>) : {};
  return { ...object, [head]: setAt(object[head], rest, value) };
}

/**
 * Applies overrides to a config: whole values first, in their order, then what lies inside of them, so that
 * `method.rank=2` means the method that `method=fnl` names wherever it stands. At the top level they merge as any layer
 * does, so that `lr=0.3` keeps the schedule and `method=repvgg` drops another method's options; deeper ones replace.
 */
export function applyOverrides(config: RunLayer, overrides: readonly Override[]): RunLayer {
  const ordered = [...overrides].sort((a, b) => a.path.length - b.path.length);
  return ordered.reduce<RunLayer>((current, { path, value }) => {
    const [key, ...deeper] = path;
    return deeper.length === 0
      ? mergeLayers([current, { [key!]: value }])
      : (setAt(writtenOut(current as Record<string, unknown>), path, value) as RunLayer);
  }, config);
}
