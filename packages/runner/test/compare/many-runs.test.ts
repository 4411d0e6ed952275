import { expect, test } from 'vitest';
import { goOver } from '../support/many-runs';
import { temporaryFolder } from '../support/tiny';

const path = temporaryFolder();

// `npm run bench -- many-runs` does the same with 100 rows and 10 seeds.
test('a comparison of many runs is planned, collected and drawn, in seconds of a processor', async () => {
  const took = await goOver(path('many'), { rows: 12, seeds: 4, epochs: 5 });
  // Errors of 50 % and a hundredth of the run's place, which goes seed by seed: 0, 12, 24 and 36 for the first row.
  expect(took.firstError).toBeCloseTo(50.18, 10);
  expect(took.page).toBeGreaterThan(50_000);
  expect(took.collected).toBeLessThan(3);
  expect(took.drawn).toBeLessThan(20);
});
