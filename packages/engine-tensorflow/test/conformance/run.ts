/**
 * Runs tfjs-core's own specs against the backend and writes one line of JSON for each that failed or was skipped, then
 * the totals. Bundled and started by conformance.test.ts.
 */
import * as tf from '@tensorflow/tfjs';
import jasmineCore from 'jasmine-core';
import { registerTensorflow } from '../../src/index';
import { skipped } from './skipped';

const jasmine = jasmineCore.boot();
registerTensorflow();
await tf.setBackend('tensorflow');
await tf.ready();

const environment = jasmine.getEnv();
const only = process.env.CONFORMANCE_ONLY;
const reasonFor = (name: string) => skipped.find(([, ...parts]) => parts.some((part) => name.includes(part)));
environment.configure({
  random: false,
  specFilter: (spec: { getFullName(): string }) => {
    const name = spec.getFullName();
    return (only === undefined || name.includes(only)) && reasonFor(name) === undefined;
  },
});

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const totals = { passed: 0, failed: 0, skipped: 0, pending: 0 };
const used = new Set<string>();
environment.addReporter({
  specDone(result: { fullName: string; status: string; failedExpectations: { message: string }[] }) {
    const name = result.fullName;
    if (result.status === 'passed') totals.passed++;
    else if (result.status === 'failed') {
      totals.failed++;
      say({ failed: name, messages: result.failedExpectations.map(({ message }) => message.split('\n')[0]) });
    } else {
      const entry = reasonFor(name);
      // Switched off by tfjs itself.
      if (entry === undefined) totals.pending++;
      else totals.skipped++;
      for (const part of entry?.slice(1) ?? []) if (name.includes(part)) used.add(part);
    }
  },
  suiteDone(result: { fullName: string; failedExpectations: { message: string }[] }) {
    if (result.failedExpectations.length > 0) {
      totals.failed++;
      say({ failed: result.fullName, messages: result.failedExpectations.map(({ message }) => message) });
    }
  },
  jasmineDone() {
    const unused = skipped.flatMap(([, ...parts]) => parts).filter((part) => !used.has(part));
    say({ totals, unused });
  },
});

const { setTestEnvs } = await import('@tensorflow/tfjs-core/dist/jasmine_util.js');
setTestEnvs([{ name: 'test-tensorflow', backendName: 'tensorflow', flags: {}, isDataSync: true }]);
await import('@tensorflow/tfjs-core/dist/tests.js');
await environment.execute();
