import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // oclif writes through console; vitest must not swallow it while a test captures it.
    disableConsoleIntercept: true,
    testTimeout: 60_000,
    pool: 'forks',
  },
});
