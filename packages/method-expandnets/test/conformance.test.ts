import { kitEngines, onEngine, testMethod } from '@overparam/core-reparam/testing';
import { test } from 'vitest';
import { expandnets } from '../src';

for (const engine of await kitEngines()) {
  // In full on one engine; on the others each check on a few layers, after few updates.
  const extent = engine === 'wasm' ? {} : { sites: 6, updates: 3 };
  testMethod(expandnets, {
    test: onEngine(engine, test),
    ...extent,
    options: [{}, { rate: 2 }, { form: 'kernels', rate: 2 }],
  });
}
