import base from './jest.config.js'

/** Tests of reports in the programs that open them: apt-get install chromium-headless-shell libreoffice-calc-nogui. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
  // `.ci/long` runs those in `long/`, which take minutes.
  testPathIgnorePatterns: process.env.DEPTH === 'whole' ? ['/node_modules/'] : ['/node_modules/', '/browser/long/'],
  testTimeout: 120_000,
  maxWorkers: 1,
}
