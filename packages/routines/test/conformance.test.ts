import { testRoutine } from '@overparam/plugin/testing';
import { test } from 'vitest';
import { alternating, cyclic, joint, progressive } from '../src/index';

testRoutine(joint, { test });
testRoutine(alternating, {
  test,
  options: [{}, { core: 2, sameBatch: true, rate: 1.5 }, { taskOrder: 'shuffled' }],
});
testRoutine(cyclic, { test, options: [{}, { length: { updates: 3 }, resetAfter: null }] });
testRoutine(progressive, { test, options: [{}, { expandAt: { updates: 0 }, collapseAt: { share: 1 } }] });
// One update expanded, one collapsed, one expanded.
