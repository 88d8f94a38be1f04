import unit from './jest.config.js'

/**
 * The tests that each mutant is tried on: those of the rules, or the few that MUTATION_TESTS names, for one file's
 * mutants: `plan` is `test/shared/domain/plan.test.ts`, `reconcile/lease` is `test/shared/reconcile/lease.test.ts`.
 */
const names = process.env.MUTATION_TESTS?.split(',') ?? ['*']
export default {
  ...unit,
  testMatch: names.map((name) => `<rootDir>/test/shared/${name.includes('/') ? name : `domain/${name}`}.test.ts`),
  // What takes how long says nothing about a mutant.
  testPathIgnorePatterns: ['linear-time'],
  setupFiles: ['<rootDir>/test/few-property-runs.ts'],
}
