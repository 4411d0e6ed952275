import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Which process of which machine; the empty text stands for what a system does not tell. */
export interface ProcessIdentity {
  readonly host: string;
  /** Of the running system: another one after each start, and on each machine. */
  readonly boot: string;
  /** Process ids mean something within one only: every container has its own. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** When the process started, in the system's own words, which tells it from a later one with the same id. */
  readonly start: string;
}

/** What can be said of a process: `unknown` where it cannot be seen from here, or not told from a later one. */
export type ProcessState = 'alive' | 'dead' | 'unknown';

/** What a command prints, or nothing where it fails. */
function printed(command: string, ...given: string[]): string {
  try {
    return execFileSync(command, given, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5000,
    }).trim();
  } catch {
    return '';
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

function bootId(): string {
  if (process.platform === 'darwin') return printed('sysctl', '-n', 'kern.bootsessionuuid');
  return process.platform === 'linux' ? textOf('/proc/sys/kernel/random/boot_id') : '';
}

function pidNamespace(): string {
  // macOS has one for all.
  if (process.platform !== 'linux') return process.platform;
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** What the system says of a process: when it started, and whether only its entry is left. */
function startOf(pid: number): { readonly start: string; readonly ended: boolean } {
  if (process.platform === 'darwin')
    return { start: printed('ps', '-o', 'lstart=', '-p', String(pid)), ended: false };
  const stat = process.platform === 'linux' ? textOf(`/proc/${pid}/stat`) : '';
  // Fields after the name, which stands in brackets and may hold anything: the state is field 3, the start field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { start: fields[19] ?? '', ended: 'ZX'.includes(fields[0] || '-') };
}

let own: ProcessIdentity | null = null;

/** This process. */
export function ownIdentity(): ProcessIdentity {
  own ??= {
    host: hostname(),
    boot: bootId(),
    pidNamespace: pidNamespace(),
    pid: process.pid,
    start: startOf(process.pid).start,
  };
  return own;
}

/** Whether two processes see the same process ids: on one machine since one start, and not in two containers. */
export function shareProcessIds(a: ProcessIdentity, b: ProcessIdentity): boolean {
  if (a.boot === '' || a.pidNamespace === '') return false;
  return a.host === b.host && a.boot === b.boot && a.pidNamespace === b.pidNamespace;
}

/**
 * What can be said of a process, as seen by this one.
 *
 * A process that has ended and whose parent has not asked for its exit code still has an entry, in a container whose
 * first process never asks for good; it counts as dead.
 */
export function stateOf(other: ProcessIdentity, observer: ProcessIdentity = ownIdentity()): ProcessState {
  if (!shareProcessIds(other, observer)) return 'unknown';
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    // A process of another user answers with EPERM, and is there.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'dead';
  }
  const { start, ended } = startOf(other.pid);
  if (ended) return 'dead';
  if (start === '' || other.start === '') return 'unknown';
  return start === other.start ? 'alive' : 'dead';
}

/** A name that no other lock has. */
export function randomId(): string {
  return randomBytes(16).toString('hex');
}
