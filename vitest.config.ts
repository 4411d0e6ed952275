import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*', 'examples/*', 'fuzz'],
    // Every file has a process with a TensorFlow.js of its own, which costs about half a second: what one file
    // registers, or leaks, no other one sees. Vitest would leave one of two cores idle; more than eight only cost memory.
    maxWorkers: Math.min(8, Math.max(2, availableParallelism())),
  },
});
