import type { Part } from '../part.ts'
import { eligibilityFiles } from './eligibility-files.ts'
import { governanceLives } from './governance-lives.ts'
import { policyTestFiles } from './policy-test-files.ts'
import { selectorFiles } from './selector-files.ts'
import { ToldFilesPromise } from './told-files-promise.ts'

/** What governance demands and permits. */
export const governance = {
  kinds: {
    policyTest: { files: policyTestFiles, oracle: ToldFilesPromise },
    selector: { files: selectorFiles, oracle: ToldFilesPromise },
    eligibility: { files: eligibilityFiles, oracle: ToldFilesPromise },
  },
  lives: governanceLives,
} as const satisfies Part
