import { testMethod } from '@overparam/core-reparam/testing';
import { useEngine } from '@overparam/engine';
import { beforeAll, test } from 'vitest';
import { myPart } from '../src/my-part';

beforeAll(async () => {
  await useEngine();
}, 60_000);

testMethod(myPart, { test, options: [{}, { scale: 3 }] });
