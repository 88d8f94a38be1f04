import base from './jest.config.js'

/**
 * Tests that start the local system and talk to it with the AWS CLI and the SDK. They mostly wait: four files at a time use
 * one and a half of two cores.
 */
export default {
  ...base,
  testMatch: ['<rootDir>/test/end-to-end/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
  maxWorkers: 4,
}
