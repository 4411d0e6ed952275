import { OverparamError } from '@overparam/errors';

/** What a first config follows from. */
export interface FirstConfig {
  /** `cifar100-sample`, `cifar100`, `nyuv2-sample`, or a folder of pictures with a subfolder for each class. */
  readonly data: string;
  /** The network; the usual one for the data where left out. */
  readonly backbone?: string;
  /** Rows of the comparison. */
  readonly methods: readonly string[];
  readonly epochs: number;
}

/** What a kind of data is usually trained with. */
interface Usual {
  readonly dataset: string;
  readonly backbone: string;
  readonly recipe: readonly string[];
}

const images = (dataset: string): Usual => ({
  dataset,
  backbone: '{ name: resnet, depth: 20 }',
  recipe: ['batch: 128', 'lr: { peak: 0.1, schedule: cosine }', 'weightDecay: 0.0005'],
});

const scenes = (dataset: string): Usual => ({
  dataset,
  backbone: '{ name: segnet, width: 16 }',
  recipe: ['batch: 2', 'optimiser: adam', 'lr: 0.0005', 'select: { kernel: [3, 3] }'],
});

const known: Readonly<Record<string, Usual>> = {
  'cifar100-sample': { ...images('cifar100-sample'), recipe: ['batch: 50', ...images('').recipe.slice(1)] },
  cifar100: images('cifar100'),
  'nyuv2-sample': scenes('{ name: nyuv2-sample, size: [96, 128] }'),
};

/** A string as YAML reads it back, whatever it holds. */
const quoted = (text: string) => JSON.stringify(text);

/**
 * The text of a first config: a comparison that trains as it stands, with a word on each key.
 *
 * @throws OverparamError `invalid-options` for no methods, one of them twice, and epochs that are none
 */
export function firstConfig({ data, backbone, methods, epochs }: FirstConfig): string {
  if (methods.length === 0 || new Set(methods).size !== methods.length) {
    throw new OverparamError(
      'invalid-options',
      `Expected one method or more, each once, such as plain,trirep; got "${methods.join(',')}".`,
    );
  }
  if (!Number.isInteger(epochs) || epochs < 1) {
    throw new OverparamError('invalid-options', `Expected epochs of 1 or more; got ${epochs}.`);
  }
  const own = images(`{ name: image-folder, folder: ${quoted(data)}, size: [64, 64] }`);
  const usual = known[data] ?? { ...own, recipe: ['batch: 32', ...own.recipe.slice(1)] };
  return `# What is compared: a row for each method, on the same data and from the same seeds.
rows:
${methods.map((method) => `  - { label: ${method}, method: ${method} }`).join('\n')}
# Two seeds show that there is chance; five or more let a difference be seen.
seeds: [1, 2]

dataset: ${usual.dataset}
backbone: ${backbone ?? usual.backbone}
epochs: ${epochs}
${usual.recipe.join('\n')}

# At one rate a comparison is worth little. This chooses each row's own on held-out images first:
# sweep: { over: { lr: [0.03, 0.1, 0.3] } }
`;
}
