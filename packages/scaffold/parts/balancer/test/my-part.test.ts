import type { Balancer } from '@overparam/plugin';
import { testBalancer } from '@overparam/plugin/testing';
import { test } from 'vitest';
import { myPart } from '../src/my-part';

testBalancer(myPart as Balancer, { test, tasks: [1, 2, 3] });
