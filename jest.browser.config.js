import base from './jest.config.js'

/** Tests of reports in the programs that open them: apt-get install chromium libreoffice-calc-nogui. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
  maxWorkers: 1,
}
