import { kitEngines, onEngine, testMethod } from '@overparam/core-reparam/testing';
import { test } from 'vitest';
import { dbb } from '../src';

for (const engine of await kitEngines()) {
  // In full on one engine; on the others each check on a few layers, after few updates.
  const extent = engine === 'wasm' ? {} : { sites: 6, updates: 3 };
  testMethod(dbb, { test: onEngine(engine, test), ...extent });
  // Fewer updates: every one is of five convolutions a site.
  testMethod(dbb, {
    test: onEngine(engine, test),
    updates: 10,
    ...extent,
    options: [{ internalChannels: 7 }],
  });
}
