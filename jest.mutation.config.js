import unit from './jest.config.js'

/** What the mutation test of `shared/domain` runs for each mutant: the rules' own tests, without what only uses them. */
export default { ...unit, testMatch: ['<rootDir>/test/shared/domain/*.test.ts'] }
