import * as tf from '@tensorflow/tfjs';

/** How near one network's answers are to another's. */
export interface Agreement {
  /** Root of the mean squared difference, over that of the reference. */
  readonly noise: number;
  /** The same of the half of answers, of examples or pixels, that is nearest in each batch; over that of the whole reference. */
  readonly noiseOfHalf: number;
  /** Share of answers, of examples or pixels, with the same largest class; null where an answer is no class. */
  readonly sameClass: number | null;
}

/** Adds up how near answers are, batch by batch. */
export class AgreementSum {
  private difference = 0;
  private nearest = { difference: 0, answers: 0 };
  private reference = 0;
  private same = 0;
  private answers = 0;

  /** @param classes  whether an answer is the largest of its numbers */
  constructor(private readonly classes: boolean) {}

  /** Adds one batch; the tensors are borrowed. */
  async add(given: tf.Tensor, reference: tf.Tensor): Promise<void> {
    const apart = tf.tidy(() => tf.sum(tf.square(tf.sub(given, reference)), -1));
    const sorted = (await apart.data<'float32'>()).slice().sort();
    apart.dispose();
    const half = Math.ceil(sorted.length / 2);
    for (const difference of sorted.subarray(0, half)) this.nearest.difference += difference;
    this.nearest.answers += half;
    const sums = tf.tidy(() => {
      const same = tf.sum(tf.cast(tf.equal(tf.argMax(given, -1), tf.argMax(reference, -1)), 'float32'));
      return tf.stack([tf.sum(tf.square(tf.sub(given, reference))), tf.sum(tf.square(reference)), same]);
    });
    const [difference, size, same] = await sums.data();
    sums.dispose();
    this.difference += difference!;
    this.reference += size!;
    this.same += same!;
    this.answers += reference.size / reference.shape.at(-1)!;
  }

  /** What it came to. */
  result(): Agreement {
    const { difference, answers } = this.nearest;
    return {
      noise: this.reference > 0 ? Math.sqrt(this.difference / this.reference) : 0,
      noiseOfHalf: this.reference > 0 ? Math.sqrt(difference / answers / (this.reference / this.answers)) : 0,
      sameClass: this.classes && this.answers > 0 ? this.same / this.answers : null,
    };
  }
}
