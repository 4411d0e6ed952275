import { look } from './place';
import { type LockSurroundings, realSurroundings } from './surroundings';

/**
 * Whether somebody holds a lock, without taking it: true as well where it cannot be seen from here whether the holder lives,
 * false for the lock of a process that is known to be dead.
 */
export async function isLockHeld(
  path: string,
  { stateOf }: Pick<LockSurroundings, 'stateOf'> = realSurroundings(),
): Promise<boolean> {
  const standing = await look(path);
  if (standing === null) return false;
  return standing.record === null || stateOf(standing.record) !== 'dead';
}
