import type { Dataset } from '@overparam/plugin';
import { testDataset } from '@overparam/plugin/testing';
import { test } from 'vitest';
import { myPart } from '../src/my-part';

testDataset(myPart as Dataset, { test, context: { dataDir: 'data' }, options: { train: 20, test: 5 } });
