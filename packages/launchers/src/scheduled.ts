import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOverparamError } from '@overparam/errors';
import { judgeEnded } from './ended';
import { eventsOf } from './events';
import type { Launch, LaunchedRun, Launcher } from './launch';
import type { Outcome } from './outcome';
import { type QueuedTask, taskKey } from './queue';
import type { Scheduler } from './scheduler';
import { logOf, type Submission, submissionsOf } from './submission';

/** A run that is followed through the tasks that train it. */
interface Followed {
  readonly run: number;
  place: { readonly submission: Submission; readonly index: number } | null;
  failures: number;
  timeouts: number;
  /** Looks in a row at which neither the scheduler nor the shared folder said anything new. */
  silent: number;
  releases: number;
  /** Saved updates that were told of. */
  updates: number | null;
  outcome: Outcome | null;
}

/** Looks before what is not there counts as missing: schedulers and network file systems show things late. */
const patience = 4;
/** Reasons that a task waits for which are nothing to tell of. */
const usual =
  /^(?:None|Resources|Priority|JobArrayTaskLimit|Dependency|BeginTime|Cleaning|Prolog|Reservation|)$/;
const heldByFailure = /launch.failed.requeued.held|JobHoldMaxRequeue/i;
const releasesAtMost = 3;

/**
 * Has a scheduler bring runs to their ends: tasks that are in its queue already, from an earlier start of the comparison, are
 * followed; what is left is submitted; what has to be done again is submitted anew. All that is known lies in the run
 * folders and beside them, so that whoever starts the comparison again goes on from there.
 */
export function scheduledLauncher(scheduler: Scheduler): Launcher {
  return async (runs, launch) => {
    const following = new Following(scheduler, runs, launch);
    return following.toTheEnd();
  };
}

class Following {
  private readonly followed: Followed[];
  private readonly told = new Set<string>();

  constructor(
    private readonly scheduler: Scheduler,
    private readonly runs: readonly LaunchedRun[],
    private readonly launch: Launch,
  ) {
    this.followed = runs.map((_, run) => ({
      run,
      place: null,
      failures: 0,
      timeouts: 0,
      silent: 0,
      releases: 0,
      updates: null,
      outcome: null,
    }));
  }

  async toTheEnd(): Promise<Outcome[]> {
    const { launch, scheduler } = this;
    for (const one of this.followed) {
      if (launch.signal.aborted) break;
      if (await launch.isFinished(one.run)) await this.end(one, { kind: 'finished' }, true);
    }
    if (!launch.signal.aborted) {
      await this.takeUp();
      await this.submit(this.open().filter(({ place }) => place === null));
    }
    if (!scheduler.options.waitForCompletion || !scheduler.watches()) return this.leave();
    while (this.open().length > 0 && !launch.signal.aborted) {
      await sleep(scheduler.options.pollSeconds * 1000, undefined, { signal: launch.signal }).catch(
        () => undefined,
      );
      if (!launch.signal.aborted) await this.look();
    }
    return this.leave();
  }

  private open(): Followed[] {
    return this.followed.filter(({ outcome }) => outcome === null);
  }

  private async end(one: Followed, outcome: Outcome, before = false): Promise<void> {
    one.outcome = outcome;
    await this.launch.onEnd(one.run, outcome, before);
  }

  /** What goes on without this process. */
  private leave(): Outcome[] {
    const { launch, scheduler } = this;
    const left = this.open().filter(({ place }) => place !== null);
    if (left.length > 0) {
      const ids = [...new Set(left.map(({ place }) => place!.submission.id))];
      launch.onNote(
        `${left.length} ${left.length === 1 ? 'run goes' : 'runs go'} on without this process: "compare --status" says how far, ` +
          `"--resume" waits for ${left.length === 1 ? 'it' : 'them'}, and "${scheduler.howToStop(ids)}" would end ${left.length === 1 ? 'it' : 'them'}.`,
      );
    }
    return this.followed.map(
      ({ outcome, place }) => outcome ?? { kind: place === null ? 'stopped' : 'left' },
    );
  }

  /** Finds tasks of earlier starts that are still in the queue. */
  private async takeUp(): Promise<void> {
    const { launch, scheduler } = this;
    const earlier = (await submissionsOf(launch.out)).filter(({ launcher }) => launcher === scheduler.name);
    const open = new Map(this.open().map((one) => [resolve(this.runs[one.run]!.folder), one]));
    const own = earlier.filter(({ tasks }) => tasks.some(({ folder }) => open.has(folder)));
    if (own.length === 0) return;
    const answer = scheduler.watches() ? await scheduler.queue.ask(own.map(({ id }) => id)) : null;
    for (const submission of own) {
      for (const [index, { folder }] of submission.tasks.entries()) {
        const one = open.get(folder);
        if (one === undefined) continue;
        const task = answer?.get(taskKey(submission.id, index));
        const failed = async () => (await eventsOf(submission.folder, index)).at(-1)?.event === 'failed';
        const goesOn = answer === null ? !(await failed()) : task !== undefined && task.state !== 'ended';
        if (goesOn) one.place = { submission, index };
      }
    }
  }

  private async submit(which: readonly Followed[]): Promise<void> {
    if (which.length === 0) return;
    const { launch, scheduler } = this;
    const runs = which.map(({ run }) => {
      const given = this.runs[run]!;
      return { ...given, configFile: resolve(given.configFile), folder: resolve(given.folder) };
    });
    const submissions = await scheduler.submit({
      runs,
      out: resolve(launch.out),
      dataDir: resolve(launch.dataDir),
      ...(launch.extraArguments && { extraArguments: launch.extraArguments }),
      command: launch.command,
      signal: launch.signal,
      onNote: (text) => launch.onNote(text),
    });
    const places = submissions.flatMap((submission) =>
      submission.tasks.map((_, index) => ({ submission, index })),
    );
    for (const [at, one] of which.entries()) {
      one.place = places[at]!;
      one.silent = 0;
      one.releases = 0;
    }
  }

  /** Tells a thing once. */
  private note(text: string): void {
    if (this.told.has(text)) return;
    this.told.add(text);
    this.launch.onNote(text);
  }

  /** One look at all runs. */
  private async look(): Promise<void> {
    const ids = [...new Set(this.open().map(({ place }) => place!.submission.id))];
    let answer: ReadonlyMap<string, QueuedTask>;
    try {
      answer = await this.scheduler.queue.ask(ids);
      this.told.delete('no answer');
    } catch (error) {
      if (!isOverparamError(error)) throw error;
      if (!this.told.has('no answer')) this.launch.onNote(`${error.message} It is asked again.`);
      this.told.add('no answer');
      return;
    }
    const again: Followed[] = [];
    for (const one of this.open()) {
      const { submission, index } = one.place!;
      if (await this.goesOn(one, answer.get(taskKey(submission.id, index)))) continue;
      if (one.outcome === null) again.push(one);
    }
    if (!this.launch.signal.aborted) await this.submit(again);
  }

  /** Looks at one run; false where its task is over, and it has an outcome or is to be submitted again. */
  private async goesOn(one: Followed, task: QueuedTask | undefined): Promise<boolean> {
    const { launch } = this;
    if (task?.state === 'waiting') return this.waits(one, task);
    if (task?.state === 'running') {
      one.silent = 0;
      const updates = await launch.savedUpdates(one.run);
      if (updates !== null && updates !== one.updates) launch.onProgress(one.run, updates);
      one.updates = updates;
      return true;
    }
    if (await launch.isFinished(one.run)) {
      await this.end(one, { kind: 'finished' });
      return false;
    }
    const { submission, index } = one.place!;
    const events = await eventsOf(submission.folder, index);
    const clear = ['failed', 'preempted', 'time-up'].includes(events.at(-1)?.event ?? '');
    if (!clear && ++one.silent < patience) return true;
    const accounted = await this.scheduler.accounted(submission.id, index);
    const ended = await judgeEnded(submission, index, events, task, accounted);
    const { label, seed } = this.runs[one.run]!;
    const name = `${label}, seed ${seed}`;
    if (ended.kind === 'lost') {
      launch.onNote(`${name}: ${ended.why}; it is queued again.`);
      return false;
    }
    if (ended.kind === 'time-up') {
      const { maxNumTimeout = 0, timeoutMin } = this.scheduler.options;
      one.timeouts += ended.times;
      if (one.timeouts <= maxNumTimeout) return false;
      const message =
        `Its time of ${timeoutMin} minutes was up ${one.timeouts === 1 ? 'once' : `${one.timeouts} times`}. What it trained is ` +
        'saved, and --resume goes on from there; raise launcher.timeoutMin or launcher.maxNumTimeout.';
      await this.end(one, { kind: 'failed', message });
      return false;
    }
    if (ended.kind === 'failed' && ++one.failures <= this.scheduler.options.retries) {
      launch.onNote(
        `${name} failed: ${ended.message} It is started again, for the ${one.failures}. time of ${this.scheduler.options.retries}.`,
      );
      return false;
    }
    const log = logOf(submission.folder, index);
    const where = existsSync(log) ? ` Its log is ${log}.` : '';
    await this.end(one, { kind: 'failed', message: `${ended.message}${where}` });
    return false;
  }

  private async waits(one: Followed, { reason, job }: QueuedTask): Promise<boolean> {
    one.silent = 0;
    if (heldByFailure.test(reason)) {
      if (++one.releases <= releasesAtMost) {
        this.launch.onNote(`A node could not start job ${job} (${reason}); it is let go again.`);
        await this.scheduler.release(job);
        return true;
      }
      await this.scheduler.cancel(job);
      const message = `Nodes could not start it ${one.releases} times (${reason}): look at their logs, their disks may be full.`;
      await this.end(one, { kind: 'failed', message });
      return false;
    }
    if (!usual.test(reason)) this.note(`Tasks wait, as the scheduler says, for: ${reason}.`);
    return true;
  }
}
