import { basename, dirname, join, resolve } from 'node:path';
import type { JsonValue, NetworkMetadata } from '@overparam/export';
import type { StoredNetwork } from './keras/stored-network';

/** A network that another one began as, in what that one says of itself. */
export interface Ancestor {
  /** The file or folder, with the folder that it is in. */
  readonly file: string;
  /** Checksums, and all that the network said of itself. */
  readonly [key: string]: JsonValue;
}

/** The last two names of a path: enough to find it again, and not where it lies on a machine. */
export function shortPath(path: string): string {
  const whole = resolve(path);
  return join(basename(dirname(whole)), basename(whole))
    .split('\\')
    .join('/');
}

/**
 * The networks that a network began as, the latest first: the one that was read, and those that it began as itself.
 *
 * @param sha256  of what was read, see `sumOfStored`
 */
export function ancestorsOf(
  path: string,
  sha256: string,
  { about, weightsSha256 }: Pick<StoredNetwork, 'about' | 'weightsSha256'>,
): Ancestor[] {
  const { ancestors = [], ...own } = about ?? ({} as Partial<NetworkMetadata>);
  const latest = { file: shortPath(path), sha256, ...(weightsSha256 && { weights: weightsSha256 }), ...own };
  return [latest as Ancestor, ...(Array.isArray(ancestors) ? (ancestors as Ancestor[]) : [])];
}
