import { useEngine } from '@overparam/engine';
import { beforeAll, test } from 'vitest';
import { plain } from '../src';
import { testMethod } from '../src/testing/index';
import { branchy, pooled } from './methods';

beforeAll(async () => {
  await useEngine('wasm');
});

testMethod(plain, { test });
testMethod(branchy, { test, updates: 5 });
testMethod(pooled, { test, updates: 5 });
