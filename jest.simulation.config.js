import base from './jest.config.js'

/** The simulation's own tests: canonical lives with single faults, what it once found, a hundred random lives, its sabotages. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/simulation/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  // Virtual time: how long it takes says only how busy the machine is.
  testTimeout: 60 * 60_000,
}
