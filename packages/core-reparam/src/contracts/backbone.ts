import type { Key } from '@overparam/engine';
import type { LayersModel } from '@tensorflow/tfjs';
import type { z } from 'zod';

/** What a network is built for. */
export interface NetworkShape {
  /** `[h, w, channels]` */
  readonly inputShape: readonly [number, number, number];
  /** One output a task, in this order. */
  readonly tasks: readonly { readonly name: string; readonly kind: string; readonly outputs: number }[];
  /** Decides every initial weight. */
  readonly key: Key;
}

/** A plain network, ready to be expanded. */
export interface Network {
  /** One output for each task, in their order; the caller disposes. */
  readonly model: LayersModel;
  /** Names of the layers whose outputs all tasks share, for balancers that work on representations. */
  readonly representations: readonly string[];
  /** The task that a layer belongs to, or null for a shared layer. */
  owner(layer: string): string | null;
}

/** A network architecture. */
export interface Backbone<Options = unknown> {
  readonly apiVersion: 1;
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodType<Options>;
  /** A new network with its first weights, which follow from the shape's key alone. */
  build(shape: NetworkShape, options: Options): Network;
}
