import { optimisers } from '@overparam/engine';
import { type PluginKind, registered } from '@overparam/plugin';
import { expect, test } from 'vitest';
import { configJsonSchema, loadDefaultPlugins } from '../src';

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** Paths of all properties anywhere in a JSON schema that say nothing of what they are. */
function undescribed(schema: unknown, path = ''): string[] {
  if (Array.isArray(schema)) return schema.flatMap((inner) => undescribed(inner, path));
  if (!isNode(schema)) return [];
  const named = isNode(schema.properties) ? Object.entries(schema.properties) : [];
  return [
    ...named.flatMap(([name, inner]) => {
      const place = path === '' ? name : `${path}.${name}`;
      const text = isNode(inner) ? inner.description : undefined;
      return [...(typeof text === 'string' && text !== '' ? [] : [place]), ...undescribed(inner, place)];
    }),
    ...['anyOf', 'oneOf', 'allOf', 'items', 'prefixItems', 'additionalProperties'].flatMap((key) =>
      undescribed(schema[key], path),
    ),
    ...(isNode(schema.$defs) ? Object.values(schema.$defs) : []).flatMap((inner) => undescribed(inner, path)),
  ];
}

test('what looks for keys without a description finds them at every depth', () => {
  const inner = { type: 'object', properties: { told: { description: 'said' }, silent: {} } };
  expect(undescribed({ properties: { a: { description: 'said', anyOf: [{}, inner] }, b: {} } })).toEqual([
    'a.silent',
    'b',
  ]);
});

test('every key of a config has a description, for editors', () => {
  const schema = configJsonSchema();
  expect(Object.keys(schema.properties as object).length).toBeGreaterThan(30);
  expect(undescribed(schema)).toEqual([]);
});

test('every option of every plugin that comes with the command line has a description, for `overparam list`', async () => {
  await loadDefaultPlugins();
  const kinds: PluginKind[] = ['method', 'routine', 'backbone', 'dataset', 'balancer', 'head', 'task'];
  const parts = [...kinds.flatMap((kind) => registered(kind).map((part) => ({ kind, part })))];
  const all = [...parts, ...optimisers.map((part) => ({ kind: 'optimiser', part }))];
  expect(all.length).toBeGreaterThan(45);
  for (const { kind, part } of all) {
    const schema = part.options['~standard'].jsonSchema.input({
      target: 'draft-2020-12',
      libraryOptions: { unrepresentable: 'any' },
    });
    expect(undescribed(schema), `${kind} ${part.name}`).toEqual([]);
  }
});
