import base from './jest.config.js'

/**
 * Tests that start the local system and talk to it with the AWS CLI and the SDK. They mostly wait. `npm run e2e` runs all of them, `npm run
 * e2e:short` leaves out those in `long/`: they take minutes, or most of their subject has tests in virtual time.
 */
export default {
  ...base,
  testMatch: ['<rootDir>/test/end-to-end/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  // Only for what hangs: what is waited for has limits of its own (until.ts).
  testTimeout: 1_200_000,
  maxWorkers: 3,
}
