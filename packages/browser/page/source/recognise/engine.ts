import type { PageNetwork } from './network-page';

/** One output for one picture. */
export interface Answer {
  /** `[numbers]` or `[h, w, channels]`. */
  readonly shape: readonly number[];
  /** In that order. */
  readonly values: Float32Array;
}

/** All networks of the page, ready on one engine. */
export interface Loaded {
  /** What computes, for a person. */
  readonly description: string;
  /** Answers of one network by its place in the page, for an input `[h, w, channels]`. */
  run(network: number, input: Float32Array): Promise<readonly Answer[]>;
}

/** A way to compute a network in a browser. */
export interface Engine {
  readonly name: string;
  readonly title: string;
  /** Null, or why this browser cannot. */
  missing(): Promise<string | null>;
  /** Fetches the engine and the networks. */
  load(networks: readonly PageNetwork[]): Promise<Loaded>;
}
