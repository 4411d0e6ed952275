import { kitEngines, onEngine, testMethod } from '@overparam/core-reparam/testing';
import { test } from 'vitest';
import { trirep } from '../src';

for (const engine of await kitEngines()) {
  // In full on one engine; on the others each check on a few layers, after few updates.
  const extent = engine === 'wasm' ? {} : { sites: 6, updates: 3 };
  testMethod(trirep, {
    test: onEngine(engine, test),
    ...extent,
    options: [
      {},
      { frames: 'channel' },
      { frames: 'unfolded' },
      { frames: 'channel', scales: false },
      { frames: 'whitening', branches: { pointwise: false, identity: false } },
      { frames: 'none', branches: { pointwise: false, identity: false } },
    ],
  });
}
