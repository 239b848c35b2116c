import { defineConfig } from 'vitest/config';

/** Real compilers, profilers, clusters and seconds of load: right, but too slow for every save. */
export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts'],
    globalSetup: ['test/helpers/global-setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // They load the machine's CPUs themselves.
    maxWorkers: 1,
    passWithNoTests: false,
  },
});
