import type { ProcessIdentity } from './identity';

/** What the holder of a lock writes down. */
export interface LockRecord extends ProcessIdentity {
  /** The lock's own random name; another one each time that a lock is taken. */
  readonly id: string;
  /** Counts the heartbeats. */
  readonly beat: number;
  /** Milliseconds that the holder may be silent, as it may compute without a pause; longer than that, it is given up. */
  readonly silence: number;
}

/** Names of locks. */
export const idPattern: RegExp = /^[0-9a-f]{32}$/;

/** No holder may be silent for more than a day. */
const longestSilence = 86_400_000;

/** The text of a record. */
export function recordText(record: LockRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** Reads a record's text. @returns null for anything else, such as a record that is just being written */
export function parseRecord(text: string): LockRecord | null {
  let value: Partial<Record<keyof LockRecord, unknown>> | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { host, boot, pidNamespace, pid, start, id, beat, silence } = value;
  const texts = [host, boot, pidNamespace, start, id].every((part) => typeof part === 'string');
  const counts = [pid, beat, silence].every((part) => Number.isSafeInteger(part) && (part as number) >= 0);
  if (!texts || !counts || pid === 0 || !idPattern.test(id as string)) return null;
  if (silence === 0 || (silence as number) > longestSilence) return null;
  return value as unknown as LockRecord;
}
