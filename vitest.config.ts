import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Slow suites: npm run test:slow, test:loop and test:chaos.
    exclude: [
      'test/chaos/**',
      'test/slow/**',
      'test/loop/{faults,events,endings,redis}.test.ts',
      'node_modules/**',
    ],
    globalSetup: ['test/helpers/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores is the smallest machine on which this has to pass beside its own Postgres.
    maxWorkers: 2,
    passWithNoTests: false,
  },
});
