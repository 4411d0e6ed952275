import { expect, test } from 'vitest';
import { checkFormats } from '../formats';

// The long form: `npm run fuzz -- formats --format onnx --count 200`, and so for each format.
const seed = 3;

test.each(['onnx', 'tfjs'])(
  'drawn networks compute in %s what TensorFlow.js computes',
  { timeout: 300_000 },
  async (format) => {
    const verdicts = await checkFormats(format, 40, seed);
    expect(verdicts.filter(({ outcome }) => outcome === 'wrong')).toEqual([]);
    expect(verdicts.filter(({ outcome }) => outcome === 'right').length).toBeGreaterThan(28);
  },
);
