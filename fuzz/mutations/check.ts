import { isOverparamError } from '@overparam/errors';
import { Random } from '../networks/random';
import { digestOf } from './digest';
import { type Measured, measured } from './measure';
import type { Target } from './target';

/** What became of a changed input. */
export interface Verdict {
  readonly seed: number;
  /** `same`: contents as before; `other`: other contents, which nothing speaks against. */
  readonly outcome: 'refused' | 'same' | 'other' | 'wrong';
  /** The error's code, or what is wrong. */
  readonly words: string;
  readonly milliseconds: number;
  readonly bytes: number;
}

/** Bounds of one input: time, and memory above what sound contents need. */
export const bounds = { milliseconds: 1000, bytes: 2 ** 26 } as const;

/** A sound input, and what reading it gave and took. */
interface Sample {
  readonly bytes: Uint8Array;
  readonly digest: string;
  readonly needs: number;
}

/**
 * Makes the check of a target: reads its sound inputs once, twice where the first reading has code to load.
 *
 * @param folder  an own folder of this process
 */
export async function checkOf(target: Target, folder: string): Promise<(seed: number) => Promise<Verdict>> {
  const samples: Sample[] = [];
  for (const bytes of await target.samples()) {
    await target.read(bytes, folder);
    const { outcome, bytes: needs } = await measured(() => target.read(bytes, folder));
    if ('error' in outcome) throw outcome.error;
    samples.push({ bytes, digest: digestOf(outcome.value), needs });
  }
  return async (seed) => {
    const random = new Random(seed);
    const sample = random.pick(samples);
    const changed = target.change(sample.bytes, random);
    const found = await measured(() => target.read(changed, folder));
    return judge(target, sample, changed, seed, found);
  };
}

/** The changed input of a case, to look at. */
export async function inputOf(target: Target, seed: number): Promise<Uint8Array> {
  const random = new Random(seed);
  return target.change(random.pick(await target.samples()), random);
}

function judge(
  target: Target,
  sample: Sample,
  changed: Uint8Array,
  seed: number,
  { outcome, milliseconds, computed, bytes }: Measured<unknown>,
): Verdict {
  const verdict = (kind: Verdict['outcome'], words: string): Verdict => ({
    seed,
    outcome: kind,
    words,
    milliseconds,
    bytes,
  });
  // What the machine does beside counts for nothing.
  if (Math.min(milliseconds, computed) > bounds.milliseconds) return verdict('wrong', 'took too long');
  if (bytes > sample.needs + bounds.bytes) return verdict('wrong', `took ${(bytes / 2 ** 20).toFixed(0)} MB`);
  if ('error' in outcome) {
    const { error } = outcome;
    if (isOverparamError(error)) return verdict('refused', error.code);
    const { stack = String(error) } = Object(error) as Error;
    return verdict('wrong', `ended in another error: ${stack.split('\n').slice(0, 4).join(' ')}`);
  }
  if (Buffer.compare(changed, sample.bytes) === 0 || digestOf(outcome.value) === sample.digest) {
    return verdict('same', '');
  }
  const problem = target.sealed ? 'other contents were accepted' : (target.check?.(outcome.value) ?? null);
  return problem === null ? verdict('other', '') : verdict('wrong', problem);
}
