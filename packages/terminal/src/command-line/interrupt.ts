/** What a process hears of wishes that it ends. */
export interface Interruptions {
  /** Aborts on the first one. */
  readonly signal: AbortSignal;
  /** Hears no more of them. */
  end(): void;
}

/**
 * Milliseconds in which several signals are one wish: Ctrl-C reaches a whole group of processes, and those that started
 * this one may pass it on.
 */
const sameWish = 300;

/**
 * Listens for the wish that this process ends: Ctrl-C, the signal to end, a terminal that is closed. The first one aborts
 * a signal; a second Ctrl-C or signal to end ends the process at once. A terminal that is closed can say so twice.
 */
export function interruptions(now: () => number = () => performance.now()): Interruptions {
  const controller = new AbortController();
  let first = 0;
  const abort = () => {
    if (controller.signal.aborted) return;
    first = now();
    controller.abort();
  };
  const stop = () => {
    if (controller.signal.aborted && now() - first > sameWish) process.exit(130);
    abort();
  };
  const listeners = { SIGINT: stop, SIGTERM: stop, SIGHUP: abort };
  for (const [name, listener] of Object.entries(listeners)) process.on(name, listener);
  return {
    signal: controller.signal,
    end() {
      for (const [name, listener] of Object.entries(listeners)) process.off(name, listener);
    },
  };
}

/** Runs work that the first of {@link interruptions} aborts. */
export async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const { signal, end } = interruptions();
  try {
    return await work(signal);
  } finally {
    end();
  }
}
