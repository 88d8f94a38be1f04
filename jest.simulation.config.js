import base from './jest.config.js'

/** The simulation's own tests: canonical lives with single faults, what it once found, a hundred random lives, its sabotages. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/simulation/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
}
