import { createHash } from 'node:crypto';
import { WorkerSums, type Workers } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import { type Trained, variablesOf } from '@overparam/training';
import * as tf from '@tensorflow/tfjs';

/** What workers tell each other outside of steps. All of them make the same calls in the same order. */
export class Meeting {
  private calls = 0;

  constructor(
    private readonly workers: Workers,
    /** `host:port` of each, for messages. */
    private readonly addresses: readonly string[],
  ) {}

  /**
   * Refuses workers that are not like the first one.
   *
   * @param about  at most 8 texts by what they are, such as `version`; of long ones the SHA-256 is compared
   * @throws OverparamError `workers-differ`, the same on all
   */
  async agree(about: Readonly<Record<string, string>>): Promise<void> {
    const titles = Object.keys(about);
    // One form for every version of this package: a sum of other shapes fails without a reason.
    const own = new Uint8Array(texts * textBytes);
    for (const [at, title] of titles.entries()) own.set(shortText(about[title]!), at * textBytes);
    const all = await this.everybodys('agree', Int32Array.from(own));
    const textAt = (worker: number, at: number) =>
      Buffer.from(all[worker]!.slice(at * textBytes, (at + 1) * textBytes))
        .toString()
        .replace(/\0+$/, '');
    const different = all.flatMap((_, worker) =>
      titles.flatMap((title, at) => {
        const [here, first] = [textAt(worker, at), textAt(0, at)];
        return here === first
          ? []
          : [`worker ${worker} (${this.addresses[worker]}) has the ${title} ${here}, and worker 0 ${first}`];
      }),
    );
    if (different.length === 0) return;
    throw new OverparamError(
      'workers-differ',
      `Workers do not train the same run: ${different.join('; ')}. Give all of them one version, config and data.`,
    );
  }

  /** A value of the first worker's, on all; others give null. */
  async tell<Value>(value: Value | null): Promise<Value> {
    const bytes = this.workers.index === 0 ? Buffer.from(JSON.stringify(value)) : null;
    const [length] = (await this.everybodys('length', Int32Array.of(bytes?.length ?? 0)))[0]!;
    const own = new Int32Array(length!);
    if (bytes) own.set(bytes);
    const told = await this.sum(`tell/${length}/${this.calls++}`, own);
    return JSON.parse(Buffer.from(Uint8Array.from(told)).toString()) as Value;
  }

  /** Gives what is trained the first worker's values, bit for bit. */
  async give(trained: Trained): Promise<void> {
    for (const [name, variable] of variablesOf(trained)) {
      const own = this.workers.index === 0 ? ((await variable.data()) as Float32Array) : null;
      // As integers: sums of numbers lose the sign of zero.
      const bits = own
        ? new Int32Array(own.buffer, own.byteOffset, own.length)
        : new Int32Array(variable.size);
      const first = await this.sum(`give/${name}/${this.calls++}`, bits);
      if (own) continue;
      const values = new Float32Array(first.buffer, first.byteOffset, first.length);
      tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, 'float32')));
    }
  }

  /**
   * Makes sure that all workers have trained the same values.
   *
   * @throws OverparamError `workers-differ`, the same on all
   */
  async compare(trained: Trained): Promise<void> {
    const hash = createHash('sha256');
    for (const [, variable] of variablesOf(trained)) {
      const values = (await variable.data()) as Float32Array;
      hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    const digest = hash.digest();
    const all = await this.everybodys('hash', Int32Array.from(digest));
    const others = all.flatMap((theirs, worker) => (theirs.join() === all[0]!.join() ? [] : [worker]));
    if (others.length === 0) return;
    const named = others.map((worker) => `${worker} (${this.addresses[worker]})`).join(', ');
    throw new OverparamError(
      'workers-diverged',
      `Workers have come to other parameters than worker 0: ${named}. All compute the same from the same sums, so one of them, its memory or its processor is at fault; processors of other kinds round in other ways. The checkpoints before are sound: go on from the last one on machines of one kind.`,
    );
  }

  /** What each worker gives, a row for each. */
  private async everybodys(what: string, own: Int32Array): Promise<Int32Array[]> {
    const { count, index } = this.workers;
    const all = new Int32Array(count * own.length);
    all.set(own, index * own.length);
    const sums = await this.sum(what, all);
    return Array.from({ length: count }, (_, worker) =>
      sums.slice(worker * own.length, (worker + 1) * own.length),
    );
  }

  private async sum(what: string, values: Int32Array): Promise<Int32Array> {
    const tensor = tf.tensor1d(values, 'int32');
    const sum = new WorkerSums(this.workers, `meeting/${what}`).sum(tensor);
    try {
      return (await sum.data()).slice() as Int32Array;
    } finally {
      tf.dispose([tensor, sum]);
    }
  }
}

const texts = 8;
const textBytes = 64;

/** A text of at most 64 bytes, or its SHA-256. */
function shortText(text: string): Buffer {
  const bytes = Buffer.from(text);
  return bytes.length <= textBytes ? bytes : Buffer.from(createHash('sha256').update(text).digest('hex'));
}
