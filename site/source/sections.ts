/** A page of the site: its address, where its text is in the repository, and what the menu calls it. */
export interface PageEntry {
  readonly address: string;
  /** Path in the repository; absent for pages that are made here. */
  readonly file?: string;
  readonly title: string;
}

/** One part of the menu. */
export interface Section {
  readonly title: string;
  readonly pages: readonly PageEntry[];
}

const guide = (name: string, title: string): PageEntry => ({
  address: `/guide/${name}`,
  file: `docs/${name}.md`,
  title,
});

/** The guides, in the order in which people need them. */
export const guides: readonly Section[] = [
  {
    title: 'Begin',
    pages: [
      guide('getting-started', 'Getting started'),
      guide('strangers-ways', 'Four ways in, timed'),
      guide('comparing', 'Comparing fairly'),
      guide('schedulers', 'Runs by a scheduler'),
      guide('several-tasks', 'Several tasks'),
      { address: '/guide/own-data', file: 'packages/datasets-own/README.md', title: 'Your own data' },
      guide('your-own-loop', 'Your own loop'),
      guide('glossary', 'Glossary'),
    ],
  },
  {
    title: 'Train',
    pages: [
      guide('training-options', 'Training options'),
      guide('half-precision', 'Half precision'),
      guide('memory', 'Memory'),
      guide('several-machines', 'Several machines'),
    ],
  },
  {
    title: 'Deploy',
    pages: [
      guide('export', 'Taking a network elsewhere'),
      guide('quantise', 'Eight bits'),
      { address: '/guide/browsers', file: 'packages/browser/README.md', title: 'In a browser' },
      guide('import', 'Importing'),
    ],
  },
  {
    title: 'Extend',
    pages: [
      guide('writing-a-method', 'Writing a method'),
      guide('writing-a-plugin', 'Writing a plugin'),
      guide('architecture', 'Architecture'),
    ],
  },
  {
    title: 'Look up',
    pages: [
      { address: '/errors', title: 'Error codes' },
      guide('study', 'The study'),
      { address: '/guide/benchmarks', file: 'bench/README.md', title: 'Benchmarks' },
      { address: '/guide/contributing', file: 'CONTRIBUTING.md', title: 'Contributing' },
    ],
  },
];
