import { stripVTControlCharacters } from 'node:util';
import type { JsonValue } from '@overparam/export';
import type { Inspection } from './inspection';

/** Text of a file that anyone may have written, without what a terminal would obey. */
const safe = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must go
  stripVTControlCharacters(text).replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');

const number = (value: number) => value.toLocaleString('en');

/** Values of a lineage as rows; long ones are cut. */
function rowsOf(about: Inspection['about']): string[][] {
  return Object.entries(about)
    .filter(([key]) => key !== 'role')
    .flatMap(([key, value]) =>
      // The networks that it began as, one below the other.
      key === 'ancestors' && Array.isArray(value)
        ? value.map((ancestor) => ['began as', wordsOf(ancestor)])
        : [[safe(key), short(typeof value === 'string' ? value : JSON.stringify(value))]],
    );
}

const short = (text: string) => safe(text.length > 100 ? `${text.slice(0, 97)}…` : text);

function wordsOf(ancestor: JsonValue): string {
  const { file, role, method, seed, weights, sha256 } = Object(ancestor) as Record<string, unknown>;
  const parts = { role, method, seed, sha256: weights ?? sha256 };
  const known = Object.entries(parts).filter(([, value]) => value !== undefined);
  return short(`${file ?? 'a network'}: ${known.map(([key, value]) => `${key} ${value}`).join(', ')}`);
}

/** What is printed of a network, as rows of a table. */
export function inspectionRows(inspection: Inspection): string[][] {
  const { path, format, role, about, layers, parameters, multiplyAdds, checks } = inspection;
  return [
    [path, ''],
    ['format', safe(format)],
    ['role', safe(role ?? 'it does not say')],
    ...rowsOf(about),
    ['numbers in weights', number(parameters)],
    ['multiply-adds', multiplyAdds === null ? 'not known' : number(multiplyAdds)],
    ...checks.map(({ what, ok, detail }) => [safe(what), `${ok ? 'ok' : 'WRONG'}: ${safe(detail)}`]),
    ...layers.map(({ name, kind, parameters: own }) => [
      `  ${safe(name)}`,
      `${safe(kind)}${own > 0 ? `  ${number(own)}` : ''}`,
    ]),
  ];
}
