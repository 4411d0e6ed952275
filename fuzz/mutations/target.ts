import type { Random } from '../networks/random';

/** One of our readers, and what it is given. */
export interface Target {
  readonly name: string;
  /**
   * Whether a checksum covers all of the input: then nothing that was changed may be accepted with other contents. Of what
   * is not sealed, other contents are right where {@link check} says so.
   */
  readonly sealed: boolean;
  /** Makes what samples are taken from, once for all processes. */
  prepare?(): Promise<void>;
  /** Sound inputs. */
  samples(): Promise<readonly Uint8Array[]>;
  /** Changes an input at random. */
  change(bytes: Uint8Array, random: Random): Uint8Array;
  /**
   * Reads an input.
   *
   * @param folder  an own folder, for readers of files; it keeps what was written before
   * @throws our error for what is refused
   */
  read(bytes: Uint8Array, folder: string): Promise<unknown>;
  /** What is wrong with contents that were accepted; null where they are a valid other meaning. */
  check?(value: unknown): string | null;
}
