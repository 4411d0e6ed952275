import { OverparamError } from '@overparam/errors';
import type { Method } from '@overparam/plugin';
import { checkKeys, invalid, isRecord, kinds, shown } from './check-options';
import { amounts, type Ranking, scores } from './ranking';
import type { Selector } from './select';

/** One method and the layers that it expands. */
export interface Selection {
  // biome-ignore lint/suspicious/noExplicitAny: a method's own schema guards its options.
  readonly method: Method<any>;
  /** Checked by the method's schema; defaults where left out. */
  readonly options?: unknown;
  /** Every site that the method supports, where left out. */
  readonly select?: Selector | Ranking;
}

/**
 * Checks a selection that may have been written in JavaScript.
 *
 * @param where  for messages, such as `expand` or `expand, selections[1]`
 * @throws OverparamError `invalid-options`, `plugin-version`
 */
export function checkSelection(where: string, selection: unknown): void {
  const known = { method: kinds.anything, options: kinds.anything, select: kinds.anything };
  checkKeys(where, selection, known, []);
  const { method, select } = selection as Readonly<Record<string, unknown>>;
  checkMethod(where, method);
  if (isRecord(select) && amounts.some((amount) => amount in select)) checkRanking(where, select);
  else if (select !== undefined) checkSelector(where, select);
}

function checkMethod(where: string, method: unknown): void {
  const hint =
    typeof method === 'string'
      ? ` Names are for configs; here hand over the value, such as import { ${method} } from '@overparam/method-${method}'.`
      : '';
  if (!isRecord(method)) {
    throw invalid(`${where}: option "method" must be a method, a value; got ${shown(method)}.${hint}`);
  }
  const { name, apiVersion } = method;
  const called = typeof name === 'string' && name !== '' ? `method "${name}"` : 'the method';
  for (const part of ['supports', 'expand']) {
    if (typeof method[part] !== 'function')
      throw invalid(`${where}: ${called} needs the function ${part}(); got ${shown(method[part])}.`);
  }
  if (typeof name !== 'string' || name === '')
    throw invalid(`${where}: the method needs a name, a text that is not empty; got ${shown(name)}.`);
  // A schema may be a function: that depends on the library it is from.
  if (!isRecord(method.options) && typeof method.options !== 'function')
    throw invalid(`${where}: ${called} needs options, a schema; got ${shown(method.options)}.`);
  if (apiVersion !== 1) {
    throw new OverparamError(
      'plugin-version',
      `${where}: ${called} speaks apiVersion ${shown(apiVersion)}, this version of overparam speaks 1. ` +
        'Install versions of both that belong together.',
    );
  }
}

/** Checks the form of a ranking. */
function checkRanking(where: string, given: Readonly<Record<string, unknown>>): void {
  const whole = (value: unknown) => Number.isInteger(value) && (value as number) >= 1;
  const known = {
    by: kinds.oneOf(...scores),
    among: kinds.anything,
    top: { words: 'a whole number of at least 1', fits: whole },
    fraction: {
      words: 'a number above 0, up to 1',
      fits: (value: unknown) => typeof value === 'number' && value > 0 && value <= 1,
    },
    budget: { words: 'a whole number of at least 1', fits: whole },
  };
  checkKeys(`${where}, select`, given, known, ['by']);
  const said = amounts.filter((amount) => given[amount] !== undefined);
  if (said.length > 1)
    throw invalid(`${where}, select: ${said.join(' and ')} say how many layers; keep one of them.`);
  if (given.among !== undefined) checkSelector(`${where}, select, among`, given.among);
}

const forms =
  'a name, a pattern, a regular expression, a function, or { kind }, { kernel }, { not }, { any }, { all }, or by itself { top, by }, { fraction, by }, { budget, by }';

/** Checks the form of a selector. */
function checkSelector(where: string, given: unknown): void {
  if (typeof given === 'string' || typeof given === 'function' || given instanceof RegExp) return;
  if (!isRecord(given) || Object.keys(given).length !== 1) {
    const several =
      isRecord(given) && Object.keys(given).length > 1 ? '; join several by { all: [...] }' : '';
    throw invalid(`${where}: option "select" must be one of ${forms}${several}; got ${shown(given)}.`);
  }
  const known = {
    kind: kinds.oneOf('conv2d', 'dense', 'conv1d', 'depthwise'),
    kernel: {
      words: 'a kernel size, [height, width]',
      fits: (value: unknown) =>
        Array.isArray(value) && value.length === 2 && value.every((side) => Number.isInteger(side)),
    },
    not: kinds.anything,
    any: { words: 'a list of selectors', fits: Array.isArray },
    all: { words: 'a list of selectors', fits: Array.isArray },
  };
  checkKeys(`${where}, select`, given, known);
  for (const inner of [given.not, given.any, given.all].flat())
    if (inner !== undefined) checkSelector(where, inner);
}
