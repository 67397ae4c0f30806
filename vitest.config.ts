import { defineConfig } from 'vitest/config'

/** The one test configuration; every package runs it with itself as the root. */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    typecheck: {
      enabled: true,
      include: ['{src,test}/**/*.test-d.ts'],
      tsconfig: './tsconfig.json',
    },
    testTimeout: 30_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
    reporters: ['default', 'json'],
    outputFile: { json: '.turbo/test-report.json' },
  },
})
