import { testMethod } from '@overparam/core-reparam/testing';
import { asymmetric } from '../src/asymmetric';
import { scaled } from '../src/scaled';

testMethod(scaled);
testMethod(asymmetric);
