import { resolve } from 'node:path';
import type { Initialisation } from '@overparam/backbones';
import { OverparamError } from '@overparam/errors';
import { type Backbone, definePlugin, type OptionsSchema, type Plugin } from '@overparam/plugin';
import * as z from 'zod';
import { ancestorsOf } from './ancestors';
import type { StoredNetwork } from './keras/stored-network';
import { withKeptHeads, withNewHeads } from './laid-network';
import { readStored, sumOfStored } from './read-stored';

/** Options of the backbone `file`, complete. */
export interface FileBackboneOptions {
  /** A network's folder of this project, a model.json, a .keras or .h5 file, from the config's folder. */
  readonly path: string;
  /** The layer that the tasks' heads stand behind; the last map before pooling where null. */
  readonly until: string | null;
  /** What the tasks' answers come from: new heads, or the file's own outputs. */
  readonly heads: 'new' | 'kept';
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
  heads: z
    .enum(['new', 'kept'])
    .default('new')
    .describe(
      "What the tasks' answers come from: new heads, or the file's own outputs, so that training goes on with the whole network.",
    ),
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
    if (given.heads === 'kept' && given.until !== null) {
      throw new OverparamError(
        'invalid-options',
        `backbone "file": until: ${given.until} cuts the network, and heads: kept takes all of it. Leave one of the two out.`,
      );
    }
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
  ancestors({ path, sha256 }) {
    const stored = read.get(sha256 ?? '');
    return stored ? ancestorsOf(path, sha256!, stored) : [];
  },
  build(shape, { path, until, heads, weights, initialisation, sha256 }) {
    const stored = sha256 === null ? undefined : read.get(sha256);
    if (!stored) {
      throw new OverparamError(
        'file-not-read',
        `backbone "file": "${path}" was not read yet. Call prepare() before build().`,
      );
    }
    const schemes = { shared: initialisation, own: 'uniform' } as const;
    const { network, load } =
      heads === 'kept'
        ? withKeptHeads(stored, shape, path, schemes)
        : withNewHeads(stored, shape, until, path, schemes);
    if (weights === 'kept') load();
    return network;
  },
};

/** The backbone `file`. */
export const plugin: Plugin = definePlugin({ name: '@overparam/import', apiVersion: 1, backbones: [file] });
