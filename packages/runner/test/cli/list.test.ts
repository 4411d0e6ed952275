import { expect, test } from 'vitest';
import { main } from '../../src/main';
import { catchStreams } from '../support/streams';

const { said, printed, object } = catchStreams();

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly { readonly name: string; readonly description?: string }[];
  readonly source?: { readonly title: string; readonly url: string };
}

/** Parts that come from no paper: this project's own, and such as have nothing to cite. */
const own: Readonly<Record<string, readonly string[]>> = {
  methods: ['plain', 'trirep'],
  routines: ['joint', 'alternating', 'cyclic', 'progressive'],
  backbones: ['file'],
  datasets: ['image-folder', 'image-table', 'arrays'],
  balancers: ['equal', 'static'],
  regularisers: [],
  heads: ['pooled'],
};

test('every part has a line, options with descriptions, and its paper where it comes from one', async () => {
  expect(await main(['list', '--json']), said()).toBe(0);
  const all = object<Record<string, readonly Entry[]>>();
  for (const [kind, entries] of Object.entries(all)) {
    expect(entries.length, kind).toBeGreaterThan(0);
    for (const { name, summary, options } of entries) {
      expect(summary, `${kind}: ${name}`).toMatch(/^\S.{8,118}$/);
      for (const option of options)
        expect(option.description, `${kind}: ${name}: ${option.name}`).toMatch(/\S/);
    }
  }
  for (const [kind, names] of Object.entries(own)) {
    const without = all[kind]!.filter(({ source }) => source === undefined);
    expect(without.map(({ name }) => name).sort(), kind).toEqual([...names].sort());
    for (const { source } of all[kind]!) {
      if (source) expect(source.url).toMatch(/^https:\/\//);
      if (source) expect(source.title).toMatch(/^[A-Z].+: .+ \(.*\d{4}\)$/);
    }
  }
});

test('the list for people names papers under their parts', async () => {
  expect(await main(['list', 'methods']), said()).toBe(0);
  expect(printed()).toMatch(
    /^ {2}repvgg {2}Parallel 3x3.*\n {6}Ding, Zhang, Ma, Han, Ding, Sun: RepVGG.* \(CVPR 2021\), https:\/\/arxiv\.org\/abs\/2101\.03697$/m,
  );
});
