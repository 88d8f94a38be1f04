import base from './jest.config.js'

/**
 * Tests that start the local system and talk to it with the AWS CLI and the SDK. They mostly wait: of the
 * seventy files an average one uses a processor for a third of its time, so four at a time leave some of two cores for what
 * CI computes beside them (`.ci/run` prints both).
 */
export default {
  ...base,
  testMatch: ['<rootDir>/test/end-to-end/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
  maxWorkers: 4,
}
