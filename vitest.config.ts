import { defineConfig } from 'vitest/config'

/**
 * Worker threads run TypeScript as it is, so each loads Node's type stripper, which is WebAssembly. V8 13.6 now and then dies of
 * SIGSEGV when two threads at once exchange its import wrappers for faster ones: they keep those they have.
 */
const execArgv = ['--wasm-wrapper-tiering-budget=1000000000']

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'fast', execArgv, include: ['test/**/*.test.ts'], exclude: ['test/**/*.slow.test.ts'], globalSetup: ['test/compileKernels.ts'] } },
      {
        test: {
          name: 'slow',
          execArgv,
          include: ['test/**/*.slow.test.ts'],
          globalSetup: ['test/compileKernels.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
