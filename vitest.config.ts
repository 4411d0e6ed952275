import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*', 'examples/*'],
    // Two cores: two files at once, each with a TensorFlow.js of its own.
    maxWorkers: 2,
  },
});
