import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  learningRate,
  lengthInUpdates,
  lengthSchema,
  type OptionsSchema,
  type ScheduleConfig,
  scheduleLayerSchema,
  scheduleSchema,
  type Validated,
} from '../src/index';

const fixture = JSON.parse(readFileSync(new URL('./fixtures/schedules.json', import.meta.url), 'utf8'));

describe('learning rates', () => {
  // Values by PyTorch's schedulers, see fixtures/schedules.py.
  test.each<[string, Omit<ScheduleConfig, 'peak'>]>([
    ['constant', { schedule: 'constant' }],
    ['step', { schedule: 'step', every: { epochs: 2 }, factor: 0.5 }],
    ['multiStep', { schedule: 'multiStep', milestones: [{ share: 0.5 }, { updates: 45 }] }],
    ['cosine', { schedule: 'cosine', floor: 0.01 }],
    ['warmup-cosine', { schedule: 'cosine', warmup: { epochs: 1 } }],
  ])('%s follows PyTorch', (name, config) => {
    const rate = learningRate({ ...config, peak: fixture.peak }, fixture.updates, 10);
    fixture.rates[name].forEach((expected: number, update: number) => {
      expect(Math.abs(rate(update) - expected)).toBeLessThan(1e-14);
    });
  });

  test('warm-up rises evenly before any schedule, whose drops count from the start', () => {
    const config = {
      schedule: 'multiStep',
      peak: 1,
      factor: 0.5,
      milestones: [{ updates: 6 }],
      warmup: { updates: 4 },
    } as const;
    const rate = learningRate({ ...config, milestones: [...config.milestones] }, 8, 4);
    expect([0, 1, 2, 3, 4, 5, 6, 7].map(rate)).toEqual([0.25, 0.5, 0.75, 1, 1, 1, 0.5, 0.5]);
  });

  test('a warm-up as long as the run has no fall left', () => {
    const rate = learningRate({ schedule: 'cosine', peak: 2, warmup: { share: 1 } }, 4, 4);
    expect([0, 1, 2, 3].map(rate)).toEqual([0.5, 1, 1.5, 2]);
  });

  test.each([
    [{ schedule: 'step', peak: 1 }, 'every'],
    [{ schedule: 'step', peak: 1, every: { updates: 0 } }, 'every'],
    [{ schedule: 'multiStep', peak: 1 }, 'milestones'],
    [{ schedule: 'cosine', peak: 1, floor: 2 }, 'floor'],
  ] as const)('refuses %j', (config, option) => {
    expect(() => learningRate(config as ScheduleConfig, 10, 5)).toThrow(
      expect.objectContaining({ code: 'invalid-schedule', message: expect.stringContaining(option) }),
    );
  });
});

const checked = <Options>(schema: OptionsSchema<Options>, value: unknown) =>
  schema['~standard'].validate(value) as Validated<Options>;

describe('lengths', () => {
  const run = { updates: 400, updatesPerEpoch: 100 };

  test('are epochs, updates or shares of the run', () => {
    expect(lengthInUpdates({ epochs: 1.5 }, run)).toBe(150);
    expect(lengthInUpdates({ updates: 7 }, run)).toBe(7);
    expect(lengthInUpdates({ share: 0.3 }, run)).toBe(120);
  });

  test.each([{ epochs: -1 }, { updates: 1.5 }, { share: 1.1 }, { share: 0.1, epochs: 1 }, { steps: 3 }, 5])(
    'refuse %j',
    (length) => {
      expect(checked(lengthSchema, length).issues).toHaveLength(1);
    },
  );

  test('the schedule schema takes lengths and refuses unknown keys', () => {
    const config = { schedule: 'step', peak: 0.1, every: { epochs: 30 }, warmup: { share: 0.05 } };
    expect(checked(scheduleSchema, config)).toEqual({ value: config });
    expect(checked(scheduleSchema, { ...config, warm: 3 }).issues).toHaveLength(1);
    expect(checked(scheduleSchema, {}).issues).toHaveLength(2);
    expect(checked(scheduleLayerSchema, {})).toEqual({ value: {} });
  });
});
