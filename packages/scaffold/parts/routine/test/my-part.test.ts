import { testRoutine } from '@overparam/plugin/testing';
import { test } from 'vitest';
import { myPart } from '../src/my-part';

testRoutine(myPart, { test, options: [{}, { share: 0.9 }] });
