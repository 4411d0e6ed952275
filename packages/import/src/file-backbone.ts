import { resolve } from 'node:path';
import { assemble, type Initialisation, ownHeads, sharedFeatures } from '@overparam/backbones';
import { OverparamError } from '@overparam/errors';
import { type Backbone, definePlugin, type OptionsSchema, type Plugin } from '@overparam/plugin';
import * as z from 'zod';
import { cutAt } from './cut';
import { layOnImage } from './keras/build-network';
import type { StoredNetwork } from './keras/stored-network';
import { readStored, sumOfStored } from './read-stored';

/** Options of the backbone `file`, complete. */
export interface FileBackboneOptions {
  /** A network's folder of this project, a model.json, a .keras or .h5 file, from the config's folder. */
  readonly path: string;
  /** The layer that the tasks' heads stand behind; the last map before pooling where null. */
  readonly until: string | null;
  /** What training begins with: the file's weights, or new ones by the run's seed. */
  readonly weights: 'kept' | 'fresh';
  /** He initialisation of fresh convolutions. */
  readonly initialisation: Initialisation;
  /** The SHA-256 of the network, so that a run goes on with the one that it began with; null before it is read. */
  readonly sha256: string | null;
}

const options: OptionsSchema<FileBackboneOptions> = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      "A network's folder of this project, a model.json, a .keras or .h5 file, from the config's folder.",
    ),
  until: z
    .string()
    .nullable()
    .default(null)
    .describe("The layer that the tasks' heads stand behind; the last map before pooling where left out."),
  weights: z
    .enum(['kept', 'fresh'])
    .default('kept')
    .describe("What training begins with: the file's weights, or new ones by the run's seed."),
  initialisation: z
    .enum(['fanOut', 'fanIn'])
    .default('fanOut')
    .describe('He initialisation of fresh convolutions: fanOut as torchvision has it, or fanIn.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable()
    .default(null)
    .describe("The network's SHA-256, which a run writes into its own config; leave it out."),
});

/** Networks that were read in this process, by their checksum. */
const read = new Map<string, StoredNetwork>();

/**
 * One's own network as a backbone: what a file holds, up to its last map or to a layer, with the tasks' heads behind it.
 * Images may be of another size than the file says, as long as the layers up to there take them.
 */
export const file: Backbone<FileBackboneOptions> = {
  apiVersion: 1,
  name: 'file',
  summary: 'your own network, from a model.json, a .keras or .h5 file, or a network folder of this project',
  options,
  paths: ['path'],
  async prepare(given, folder) {
    const stored = await readStored(resolve(folder, given.path));
    const sha256 = sumOfStored(stored);
    if (given.sha256 !== null && given.sha256 !== sha256) {
      throw new OverparamError(
        'file-differs',
        `backbone "file": the network in "${given.path}" is another one than the run began with (SHA-256 ${sha256.slice(0, 12)}… instead of ${given.sha256.slice(0, 12)}…). Put the earlier one back, or start a new run.`,
      );
    }
    read.set(sha256, stored);
    return { ...given, sha256 };
  },
  build(shape, { path, until, weights, initialisation, sha256 }) {
    const stored = sha256 === null ? undefined : read.get(sha256);
    if (!stored) {
      throw new OverparamError(
        'file-not-read',
        `backbone "file": "${path}" was not read yet. Call prepare() before build().`,
      );
    }
    const graph = cutAt(stored.graph, until ?? undefined, path);
    let load = () => {};
    const network = assemble(
      {
        name: 'file',
        multiple: 1,
        heads: ownHeads,
        trunk(image, heads) {
          const trunk = layOnImage({ ...stored, graph }, image, path);
          load = trunk.load;
          const rank = trunk.output.shape.length;
          if (rank === 4 || (rank === 2 && heads.every(({ takesMean }) => takesMean))) {
            return sharedFeatures(trunk.output, heads);
          }
          throw new OverparamError(
            'invalid-options',
            `backbone "file": behind "${until ?? 'the end'}" of "${path}" stands an output of shape [${trunk.output.shape.map((side) => side ?? '?')}], and the heads need images [n, h, w, channels]. Name a layer before it by until.`,
          );
        },
      },
      shape,
      { shared: initialisation, own: 'uniform' },
    );
    if (weights === 'kept') load();
    return network;
  },
};

/** The backbone `file`. */
export const plugin: Plugin = definePlugin({ name: '@overparam/import', apiVersion: 1, backbones: [file] });
