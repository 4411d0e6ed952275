/**
 * Files written whole or not at all, and locks that hold across processes, containers and shared file systems.
 *
 * @packageDocumentation
 */
export { prepareToWrite, writeFileAtomic } from './atomic';
export { isWritableFolder, keepFile } from './keep';
export {
  acquireLock,
  holderText,
  type LockHolder,
  type LockOptions,
  type LockWait,
  withLock,
} from './lock/acquire';
export type { Lock } from './lock/hold';
export type { ProcessIdentity, ProcessState } from './lock/identity';
export { isLockHeld } from './lock/standing';
export type { LockSurroundings } from './lock/surroundings';
