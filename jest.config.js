import { fileURLToPath } from 'node:url'

// Compiling takes a third of what a worker loads, and of the start of each process that tests begin. The folder is launch.js's.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/ssofile', import.meta.url))

/** Unit and contract tests: everything under test/ but the simulation and what starts the whole system as a process. */
export default {
  testEnvironment: '<rootDir>/test/jest/shared-environment.ts',
  // For machines that are busy with other things as well: a test that hangs is told late, but none is told to hang.
  testTimeout: 60_000,
  // On two cores jest would leave one to itself.
  maxWorkers: '100%',
  // What test files leave behind adds up to gigabytes, and then the collector's time is measured and not the code's.
  workerIdleMemoryLimit: '900MB',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/end-to-end/',
    '<rootDir>/test/browser/',
    '<rootDir>/test/simulation/',
  ],
  moduleFileExtensions: ['ts', 'js', 'json'],
  runtime: '<rootDir>/test/jest/native-runtime.ts',
  reporters: ['default', '<rootDir>/test/jest/slowest-files.ts'],
  testSequencer: '<rootDir>/test/jest/slow-first.ts',
  transform: {},
}
