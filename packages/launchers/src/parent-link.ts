/** What a run tells the process that started it. */
export type RunMessage =
  /** Updates done of all; the first message says where the run begins. */
  | { readonly type: 'progress'; readonly done: number; readonly total: number }
  /** What it does before its first update, where that takes long. */
  | { readonly type: 'work'; readonly text: string }
  | { readonly type: 'error'; readonly message: string; readonly code?: string };

/** A channel to the comparison that started this process. */
export interface ParentLink {
  /** Resolves when the message is out, or cannot be delivered any more. */
  send(message: RunMessage): Promise<void>;
  /** Aborts when the comparison is gone, so that no run goes on without anyone to read it. */
  readonly signal: AbortSignal;
}

/** Set for the runs that a comparison starts: test runners and editors start processes with a channel too. */
export const childMark = 'OVERPARAM_CHILD';

/** The channel to a comparison, or null in a process that anyone else started. */
export function parentLink(): ParentLink | null {
  if (!process.send || !process.connected || process.env[childMark] === undefined) return null;
  const controller = new AbortController();
  process.once('disconnect', () => controller.abort());
  // Its pipe goes with it; a failed write must not end this process before its state is saved.
  process.stderr.on('error', () => undefined);
  // A listener would keep this process alive after its work is done.
  process.channel?.unref();
  return {
    send: (message) =>
      new Promise((resolve) => {
        if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
        else resolve();
      }),
    signal: controller.signal,
  };
}
