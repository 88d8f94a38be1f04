import base from './jest.config.js'

/** The simulation's own tests: canonical lives, each with one single fault, and a dozen random lives. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/simulation/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  // Virtual time: how long it takes says only how busy the machine is.
  testTimeout: 60 * 60_000,
}
