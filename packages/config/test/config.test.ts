import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import {
  applyOverrides,
  arrange,
  type ConfigFile,
  configJsonSchema,
  configText,
  differences,
  type LoadedConfig,
  mergeLayers,
  movePlugins,
  oneRow,
  parseOverride,
  type RunConfig,
  readConfig,
} from '../src';
import { temporaryFolder, tiny } from './support';

const path = temporaryFolder();

function loaded(config: ConfigFile): LoadedConfig {
  return { config, name: 'config.yaml', folder: '.' };
}

function request(...sets: readonly string[]) {
  return { overrides: sets.map(parseOverride) };
}

/** Rows of a config on an engine, as a request arranges them. */
function rowsOf(config: ConfigFile, { set = [], variant, engine = 'wasm' }: Asked = {}) {
  const asked = { ...request(...set), ...(variant && { variant }) };
  return arrange(loaded(config), asked).rowsOn(engine);
}

interface Asked {
  readonly set?: readonly string[];
  readonly variant?: string;
  readonly engine?: 'wasm' | 'cpu';
}

async function readText(text: string) {
  const file = path('read.yaml');
  writeFileSync(file, text);
  return readConfig(file);
}

const comparison: ConfigFile = {
  ...tiny,
  seeds: [0, 1, 2],
  rows: [
    { method: 'plain', label: 'baseline' },
    { method: { name: 'fnl', form: 'deep' }, lr: 0.02 },
    { method: 'trirep', routine: 'joint' },
    { method: 'trirep', routine: 'cyclic' },
  ],
  byEngine: { wasm: { epochs: 2 } },
  variants: { poster: { epochs: 200, backbone: 'resnet50' } },
};

describe('reading', () => {
  test('the schema for editors is current', () => {
    const saved: unknown = JSON.parse(
      readFileSync(new URL('../../runner/config.schema.json', import.meta.url), 'utf8'),
    );
    expect(saved, 'run: npm run schema --prefix packages/runner').toEqual(
      JSON.parse(JSON.stringify(configJsonSchema())),
    );
  });

  test('a misspelt key suggests the nearest', async () => {
    await expect(readText('epoch: 3')).rejects.toThrow(
      'read.yaml: unknown key "epoch". Did you mean "epochs"?',
    );
  });

  test('a misspelt key inside a row is named with its path', async () => {
    await expect(readText('rows: [{ method: plain }, { method: fnl, routin: joint }]')).rejects.toThrow(
      'unknown key "rows[1].routin". Did you mean "routine"?',
    );
  });

  test('a misspelt key of the learning rate is named with its path', async () => {
    await expect(readText('lr: { peek: 0.1 }')).rejects.toThrow(
      'unknown key "lr.peek". Did you mean "peak"?',
    );
  });

  test('a wrong value is named with its path', async () => {
    await expect(readText('epochs: many')).rejects.toThrow(/read\.yaml: epochs: .*number.*"many"/);
  });

  test.each([
    ['{ top: 0, by: weightNorm }', 'select.top: '],
    ['{ fraction: 1.5, by: parameters }', 'select.fraction: '],
    ['{ top: 2, by: weightNorms }', 'expected one of "weightNorm"|"parameters"'],
    ['{ top: 2, budget: 9, by: parameters }', 'says how many layers once'],
    ['{ by: parameters }', 'says how many layers once'],
    [
      '{ top: 2, by: wightNorm }',
      'select.by: Invalid option: expected one of "weightNorm"|"parameters". It is "wightNorm"',
    ],
    ['{ top: 2 }', 'select.by: Invalid option: expected one of "weightNorm"|"parameters"'],
    ['{ by: weightNorm, top: 0 }', 'select.top: Too small'],
    ['{ kernel: [3, 0] }', 'select.kernel[1]: Too small'],
    ['{ kindd: conv2d }', 'unknown key "select.kindd". Did you mean "kind"?'],
    ['{ not: { kindd: conv2d } }', 'unknown key "select.not.kindd". Did you mean "kind"?'],
    ['{ tops: 2, by: parameters }', 'unknown key "select.tops". Did you mean "top"?'],
    ['{ not: { top: 2, by: parameters } }', 'select.not'],
  ])('a choice of layers by rank is checked: %s', async (select, words) => {
    await expect(readText(`select: ${select}`)).rejects.toThrow(words);
  });

  test('a choice of layers by rank is read', async () => {
    const select = { top: 9, by: 'weightNorm', among: { kernel: [3, 3] } };
    expect((await readText(`select: ${JSON.stringify(select)}`)).config).toEqual({ select });
  });

  test('YAML that does not parse names the place', async () => {
    await expect(readText('a: [1, 2')).rejects.toThrow(/read\.yaml: not valid YAML\. .*line 1/);
  });

  test('an asterisk without quotes is told from an alias', async () => {
    const hint = "Quote what begins with an asterisk: '*_conv1'.";
    await expect(readText('select: *_conv1')).rejects.toThrow(hint);
    await expect(readText('select: { not: [*_conv1, stem] }')).rejects.toMatchObject({
      code: 'invalid-config',
    });
    await expect(readText('select: *')).rejects.toThrow("'*'");
    expect(() => parseOverride('select=*_conv1')).toThrow(hint);
    expect((await readText("select: '*_conv1'")).config).toEqual({ select: '*_conv1' });
  });

  test('aliases that stand for too much are refused at once', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 12; i++) {
      lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`);
    }
    await expect(readText(lines.join('\n'))).rejects.toMatchObject({ code: 'invalid-config' });
  });

  test.each([
    ['an alias inside its own list', 'select: &a [*a]'],
    ['an alias inside its own mapping, further down', 'method: &a { name: fnl, more: { deep: [1, *a] } }'],
    ['brackets without end', `select: ${'['.repeat(5000)}`],
    ['lists in lists', `select:\n  ${'- '.repeat(5000)}x`],
  ])('%s: refused by name', async (_, text) => {
    await expect(readText(text)).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringMatching(/stands inside what it stands for|nested too deep/),
    });
  });

  test('an alias that is used twice is what it stands for', async () => {
    const text = 'method: &a { name: fnl }\nvariants: { one: { method: *a }, other: { method: *a } }';
    expect((await readText(text)).config).toMatchObject({ variants: { other: { method: { name: 'fnl' } } } });
  });

  test('a missing file is an error of its own', async () => {
    await expect(readConfig(path('absent.yaml'))).rejects.toMatchObject({ code: 'config-missing' });
  });

  test('a TypeScript config gives its export', async () => {
    const file = path('config.ts');
    writeFileSync(file, 'const epochs: number = 4;\nexport const config = { method: "fnl", epochs };\n');
    expect((await readConfig(file)).config).toEqual({ method: 'fnl', epochs: 4 });
  });
});

describe('layers', () => {
  test('another name starts options afresh, the same name keeps them', () => {
    const base = { method: { name: 'fnl', rank: 2 } };
    expect(mergeLayers([base, { method: 'repvgg' }]).method).toEqual({ name: 'repvgg' });
    expect(mergeLayers([base, { method: 'fnl' }]).method).toEqual({ name: 'fnl', rank: 2 });
  });

  test('a length takes the place of a length in another unit', () => {
    const base = { routine: { name: 'cyclic', length: { epochs: 1 }, resetAfter: { share: 0.1 } } };
    expect(mergeLayers([base, { routine: { name: 'cyclic', length: { updates: 2 } } }]).routine).toEqual({
      name: 'cyclic',
      length: { updates: 2 },
      resetAfter: { share: 0.1 },
    });
  });

  test('a number for the learning rate keeps the schedule', () => {
    expect(mergeLayers([{ lr: { peak: 0.1, schedule: 'cosine' } }, { lr: 0.3 }]).lr).toEqual({
      peak: 0.3,
      schedule: 'cosine',
    });
  });

  test('overrides reach into short forms and take YAML values', () => {
    const sets = ['method.rank=2', 'lr=0.3', 'augment=false', 'limit={ train: 5 }'].map(parseOverride);
    const changed = applyOverrides({ method: 'fnl', lr: { peak: 1, schedule: 'cosine' } }, sets);
    expect(changed).toEqual({
      method: { name: 'fnl', rank: 2 },
      lr: { peak: 0.3, schedule: 'cosine' },
      augment: false,
      limit: { train: 5 },
    });
  });

  test('what lies inside a value follows what names it, whichever came first', () => {
    const either = (...sets: string[]) =>
      applyOverrides({ method: { name: 'repvgg', identity: 'never' } }, sets.map(parseOverride));
    expect(either('method.rankScale=0.5', 'method=fnl')).toEqual({ method: { name: 'fnl', rankScale: 0.5 } });
    expect(either('method.rankScale=0.5', 'method=fnl')).toEqual(
      either('method=fnl', 'method.rankScale=0.5'),
    );
    const config = { ...tiny, method: 'plain' } as const;
    const sets = ['method.rankScale=0.5', 'method=fnl'];
    const [row] = rowsOf(config, { set: sets }).rows;
    expect(row!.method).toEqual({ name: 'fnl', rankScale: 0.5 });
    expect(rowsOf(config, { set: [...sets].reverse() }).rows).toEqual([row]);
    // Of two of one depth, the later counts.
    expect(either('method.rankScale=0.5', 'method=fnl', 'method.rankScale=0.25')).toEqual({
      method: { name: 'fnl', rankScale: 0.25 },
    });
  });

  test.each(['epochs', '=3', 'a..b=1', 'a=[1,'])('the override "%s" is refused', (text) => {
    expect(() => parseOverride(text)).toThrow(expect.objectContaining({ code: 'invalid-override' }));
  });

  test('an override of an unknown key suggests the nearest', () => {
    expect(() => rowsOf(tiny, { set: ['bacth=3'] })).toThrow(
      '--set: unknown key "bacth". Did you mean "batch"?',
    );
  });
});

describe('rows', () => {
  test('the row lies on the variant, the variant on the engine, --set on all', () => {
    const rows = rowsOf(comparison);
    expect(rows.rows.map((row) => row.epochs)).toEqual([2, 2, 2, 2]);
    expect(rows.rows[1]).toMatchObject({
      lr: { peak: 0.02, schedule: 'cosine' },
      method: { name: 'fnl', form: 'deep' },
    });
    expect(rows.seeds).toEqual([0, 1, 2]);
    expect(rowsOf(comparison, { engine: 'cpu' }).rows[0]!.epochs).toBe(3);
    const poster = rowsOf(comparison, { variant: 'poster' }).rows[0]!;
    expect(poster).toMatchObject({ epochs: 200, backbone: { name: 'resnet50' } });
    expect(rowsOf(comparison, { set: ['epochs=9'] }).rows[3]!.epochs).toBe(9);
  });

  test("rows without a label are called by method and routine, whatever the comparison's title", () => {
    const labels = rowsOf({ ...comparison, label: 'A title' }).rows.map(({ label }) => label);
    expect(labels).toEqual(['baseline', 'fnl/joint', 'trirep/joint', 'trirep/cyclic']);
  });

  test('options beside the name that chooses a row hold in it, in either order with others', () => {
    const optionsBy = (...set: string[]) => oneRow(rowsOf(comparison, { set })).method;
    const expected = { name: 'fnl', rankScale: 2 };
    expect(optionsBy('method={ name: fnl, rankScale: 2 }')).toMatchObject(expected);
    expect(optionsBy('method={ name: fnl }', 'method.rankScale=2')).toMatchObject(expected);
    expect(optionsBy('method={ name: fnl, rankScale: 4 }', 'method.rankScale=2')).toMatchObject(expected);
  });

  test('method and routine choose the row, whose overrides apply', () => {
    const row = oneRow(rowsOf(comparison, { set: ['method=trirep', 'routine=cyclic'] }));
    expect(row).toMatchObject({ label: 'trirep/cyclic', routine: { name: 'cyclic' } });
    expect(oneRow(rowsOf(comparison, { set: ['method=fnl'] })).lr).toMatchObject({
      peak: 0.02,
    });
  });

  test('no choice, and a choice that leaves two, list the rows', () => {
    expect(() => oneRow(rowsOf(comparison))).toThrow(/4 of its rows[\s\S]*method=fnl/);
    expect(() => oneRow(rowsOf(comparison, { set: ['method=trirep'] }))).toThrow(/2 of its rows/);
    expect(() => rowsOf(comparison, { set: ['method=repvgg'] })).toThrow(/No row has method=repvgg/);
  });

  test('an unknown variant suggests the nearest', () => {
    expect(() => rowsOf(comparison, { variant: 'postr' })).toThrow(
      'The config has no variant "postr". Did you mean "poster"?',
    );
  });
});

describe('threads', () => {
  const pinned: ConfigFile = {
    engine: { threads: 1 },
    variants: { large: { engine: { threads: 'all' } }, named: { engine: 'wasm' } },
  };
  const threadsOf = (variant?: string, set: string[] = []) =>
    arrange(loaded(pinned), { ...request(...set), ...(variant && { variant }) }).engine;

  test('are those of the config, of its variant, of --set; "all" takes a number back', () => {
    expect(threadsOf()).toEqual({ name: 'auto', threads: 1 });
    expect(threadsOf('named')).toEqual({ name: 'wasm', threads: 1 });
    expect(threadsOf('large')).toEqual({ name: 'auto' });
    expect(threadsOf(undefined, ['engine.threads=all', 'engine.name=tensorflow'])).toEqual({
      name: 'tensorflow',
    });
    expect(threadsOf('large', ['engine.threads=3'])).toEqual({ name: 'auto', threads: 3 });
    expect(() => threadsOf(undefined, ['engine.threads=some'])).toThrow(/threads/);
  });
});

describe('saving', () => {
  test('plugin paths are seen from the folder that the config is saved in', () => {
    mkdirSync(path('configs'), { recursive: true });
    expect(movePlugins(['./mine.ts', '@overparam/method-fnl'], '/a/configs', '/a/runs/x')).toEqual([
      '../../configs/mine.ts',
      '@overparam/method-fnl',
    ]);
  });

  test('the saved text holds no path and reads back as the same config', async () => {
    const config = { ...tiny, plugins: [] } as unknown as RunConfig;
    const text = configText(config, '/somewhere', '/somewhere/runs/x');
    expect(text).not.toContain('/home');
    writeFileSync(path('saved.yaml'), text);
    expect((await readConfig(path('saved.yaml'))).config).toEqual(config);
    expect(text).toBe(stringify(config, { lineWidth: 110 }));
  });

  test('differences are named by their paths', () => {
    expect(differences({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: 1, c: 3 }, d: [1] })).toEqual(['a.c']);
    expect(differences({ a: 1 }, { a: 1, e: 2 })).toEqual(['e']);
  });
});
