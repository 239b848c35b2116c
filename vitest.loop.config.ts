import { defineConfig } from 'vitest/config';

/** Every fault and event through the whole loop. One file at a time: they share the host's one measurement. */
export default defineConfig({
  test: {
    include: ['test/loop/{faults,events,endings,redis}.test.ts'],
    globalSetup: ['test/helpers/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    passWithNoTests: false,
  },
});
