import base from './jest.config.js'

/** Tests of the page of access in a browser. They need Chromium: apt-get install chromium. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
}
