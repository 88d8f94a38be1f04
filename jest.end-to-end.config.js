import base from './jest.config.js'

/**
 * Tests that start the local system and talk to it with the AWS CLI and the SDK. They mostly wait; with six files at a time, when
 * each took a third more of the machine, those whose time runs faster came too late.
 */
export default {
  ...base,
  testMatch: ['<rootDir>/test/end-to-end/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
  maxWorkers: 5,
}
