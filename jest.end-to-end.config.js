import base from './jest.config.js'

/**
 * Tests that start the local system and talk to it with the AWS CLI and the SDK. They mostly wait; with six files at a time those
 * whose time runs faster come too late.
 */
export default {
  ...base,
  testMatch: ['<rootDir>/test/end-to-end/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
  maxWorkers: 5,
}
