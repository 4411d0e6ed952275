import { testMethod } from '@overparam/core-reparam/testing';
import { useEngine } from '@overparam/engine';
import { beforeAll, test } from 'vitest';
import { asymmetric } from '../src/asymmetric';
import { scaled } from '../src/scaled';

beforeAll(async () => {
  await useEngine();
}, 60_000);

testMethod(scaled, { test, options: [{}, { scale: 3 }] });
testMethod(asymmetric, { test });
