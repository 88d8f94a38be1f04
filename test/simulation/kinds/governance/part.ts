import type { Part } from '../part.ts'
import { eligibilityFiles } from './eligibility-files.ts'
import { governanceLives } from './governance-lives.ts'
import { governanceSabotages } from './governance-sabotages.ts'
import { minimumLives } from './minimum-lives.ts'
import { MinimumsPromise } from './minimums-promise.ts'
import { PoliciesPromise } from './policies-promise.ts'
import { policyFiles } from './policy-files.ts'
import { policyTestFiles } from './policy-test-files.ts'
import { selectorFiles } from './selector-files.ts'
import { ToldFilesPromise } from './told-files-promise.ts'

/** What governance demands and permits. */
export const governance = {
  kinds: {
    policyTest: { files: policyTestFiles, oracle: ToldFilesPromise },
    policy: { files: policyFiles, oracle: PoliciesPromise },
    selector: { files: selectorFiles, oracle: ToldFilesPromise },
    eligibility: { files: eligibilityFiles, oracle: ToldFilesPromise },
  },
  oracles: [MinimumsPromise],
  lives: { ...governanceLives, ...minimumLives },
  sabotages: governanceSabotages,
} as const satisfies Part
