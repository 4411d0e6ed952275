import { readFileSync } from 'node:fs';
import { type Reference, testReference } from '@overparam/core-reparam/testing';
import { useEngine } from '@overparam/engine';
import { beforeAll, test } from 'vitest';
import { expandnets } from '../src';

beforeAll(async () => {
  await useEngine('wasm');
});

/** Written by `fixtures/make-reference.py`. */
for (const file of ['reference', 'depthwise', 'kernels']) {
  const text = readFileSync(new URL(`./fixtures/${file}.json`, import.meta.url), 'utf8');
  testReference(expandnets, { test, reference: JSON.parse(text) as Reference });
}
